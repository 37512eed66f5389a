module github.com/cacheops/cacheops/templcache

go 1.26.0

require (
	github.com/a-h/templ v0.3.1100
	github.com/cacheops/cacheops v0.0.0-00010101000000-000000000000
	go.uber.org/goleak v1.3.0
)

require (
	github.com/fxamacker/cbor/v2 v2.10.0 // indirect
	github.com/maypok86/otter/v2 v2.4.0 // indirect
	github.com/x448/float16 v0.8.4 // indirect
)

replace github.com/cacheops/cacheops => ..
