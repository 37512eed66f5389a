//go:build !unix

package filecache

func withoutSignal() {}
