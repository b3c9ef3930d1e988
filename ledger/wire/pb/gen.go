// Package pb holds the generated protobuf messages of the friend link. Only
// package wire uses them.
package pb

//go:generate protoc --go_out=. --go_opt=paths=source_relative link.proto
