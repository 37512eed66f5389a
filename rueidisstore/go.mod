module github.com/cacheops/cacheops/rueidisstore

go 1.25.0

require (
	github.com/cacheops/cacheops v0.0.0-00010101000000-000000000000
	github.com/redis/rueidis v1.0.79
	github.com/sony/gobreaker/v2 v2.4.0
	go.uber.org/goleak v1.3.0
)

require (
	github.com/fxamacker/cbor/v2 v2.10.0 // indirect
	github.com/maypok86/otter/v2 v2.4.0 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	golang.org/x/sys v0.47.0 // indirect
)

replace github.com/cacheops/cacheops => ..
