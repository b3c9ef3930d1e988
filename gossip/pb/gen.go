// Package pb holds the generated protobuf form of gossip batches; package
// gossip checks their bounds.
package pb

//go:generate protoc --go_out=. --go_opt=paths=source_relative gossip.proto
