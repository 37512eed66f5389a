package rueidisstore

import "strings"

// slotCount is how many slots a Cluster has.
const slotCount = 16384

// slotOf returns the slot of a key in a Cluster: the CRC-16 of its hash tag, or of
// all of it where it has none, as the Redis Cluster specification has it.
func slotOf(key string) uint16 {
	if open := strings.IndexByte(key, '{'); open >= 0 {
		if n := strings.IndexByte(key[open+1:], '}'); n > 0 {
			key = key[open+1 : open+1+n]
		}
	}
	var crc uint16
	for i := range len(key) {
		crc = crc<<8 ^ crcTable[byte(crc>>8)^key[i]]
	}
	return crc % slotCount
}

// crcTable is that of the CRC-16 with the polynomial 0x1021 (XMODEM).
var crcTable = func() (t [256]uint16) {
	for i := range t {
		crc := uint16(i) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
		t[i] = crc
	}
	return t
}()
