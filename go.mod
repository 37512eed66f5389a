module github.com/cacheops/cacheops

go 1.25.0

require (
	github.com/fxamacker/cbor/v2 v2.10.0
	github.com/maypok86/otter/v2 v2.4.0
	github.com/sqlc-dev/meyer v0.1.2
	go.uber.org/goleak v1.3.0
)

require github.com/x448/float16 v0.8.4 // indirect
