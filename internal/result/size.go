package result

import (
	"database/sql/driver"
	"time"
	"unsafe"
)

// The sizes of the parts of a result, in bytes. They count what the allocator
// takes, so that the bound of a cache is close to what the process uses.
const (
	resultSize     = int(unsafe.Sizeof(Result{}))
	changesSize    = int(unsafe.Sizeof(typeChanges{}))
	shapeSize      = int(unsafe.Sizeof(shape{}))
	stringSize     = int(unsafe.Sizeof(""))
	bytesSize      = int(unsafe.Sizeof([]byte(nil)))
	timeSize       = int(unsafe.Sizeof(time.Time{}))
	valueSize      = int(unsafe.Sizeof(driver.Value(nil)))
	columnTypeSize = int(unsafe.Sizeof(columnType{}))
	kindSize       = int(unsafe.Sizeof(uint16(0)))
)

// seal works out the size of a result that is complete.
func (r *Result) seal() {
	size := heapSize(resultSize+int(r.room)*valueSize) + r.shape.size()
	if r.room == 0 {
		size += heapSize(cap(r.values) * valueSize)
	}
	if c := r.changes; c != nil {
		size += heapSize(changesSize) + heapSize(cap(c.kinds)*kindSize) + heapSize(cap(c.others)*columnTypeSize)
		for i := range c.others {
			size += heapSize(len(c.others[i].database))
		}
	}
	for _, v := range r.values {
		size += valueHeap(v)
	}
	r.size = size
}

// heapSize is the memory that the allocator takes for n bytes. It has size
// classes, and rounds large pieces to pages; this is close enough.
func heapSize(n int) int {
	switch {
	case n <= 32:
		return roundUp(n, 8)
	case n <= 256:
		return roundUp(n, 16)
	case n <= 512:
		return roundUp(n, 32)
	case n <= 1024:
		return roundUp(n, 128)
	case n <= 32<<10:
		return n + n/16
	default:
		return n
	}
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }
