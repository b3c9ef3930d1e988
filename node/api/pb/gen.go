// Package pb is the folder of the application interface's definition,
// offset/app/v1/app.proto, and of the Go code generated from it.
package pb

//go:generate protoc --go_out=. --go_opt=paths=source_relative --connect-go_out=. --connect-go_opt=paths=source_relative offset/app/v1/app.proto
