// Package pb holds the generated protobuf form of the messages of index
// servers; package indexd/protocol checks their bounds.
package pb

//go:generate protoc --go_out=. --go_opt=paths=source_relative index.proto
