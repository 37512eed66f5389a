package result

import (
	"sync"
	"time"
)

// zone is how a time's location goes through the byte form. UTC needs none.
type zone struct {
	kind zoneKind
	// name is that of the location; empty for the local one.
	name string
	// abbreviation and offset, in seconds east of UTC, are those at the time.
	abbreviation string
	offset       int
}

// zoneKind says how a location is found again.
type zoneKind uint8

const (
	// zoneFixed is one offset for all time: [time.FixedZone] makes it.
	zoneFixed zoneKind = iota
	// zoneLocal is [time.Local].
	zoneLocal
	// zoneNamed is one of the time zone database.
	zoneNamed
	zoneKinds
)

// zoneOf describes the location of a time that is not in UTC. It returns ok
// false for a location that could not be found again: one that is made by hand,
// or from another version of the time zone database.
func zoneOf(t time.Time) (z zone, ok bool) {
	loc := t.Location()
	z.abbreviation, z.offset = t.Zone()
	if loc == time.Local { //nolint:gosmopolitan // the driver chose it
		z.kind = zoneLocal
		return z, true
	}
	z.name = loc.String()
	start, end := t.ZoneBounds()
	if z.name == z.abbreviation && start.IsZero() && end.IsZero() {
		z.kind = zoneFixed
		return z, true
	}
	z.kind = zoneNamed
	same, ok := loadZone(z.name)
	if !ok {
		return z, false
	}
	if same == loc {
		return z, true
	}
	s, e := t.In(same).ZoneBounds()
	return z, z.fits(t.In(same)) && s.Equal(start) && e.Equal(end)
}

// location finds the location again.
func (z *zone) location() (*time.Location, bool) {
	switch z.kind {
	case zoneFixed:
		return time.FixedZone(z.name, z.offset), z.name == z.abbreviation
	case zoneLocal:
		return time.Local, z.name == "" //nolint:gosmopolitan // a driver chose it
	case zoneNamed:
		return loadZone(z.name)
	default:
		return nil, false
	}
}

// fits reports whether a time in the location that was found shows the clock
// that it showed where it was stored. It does not where the other process has
// another local zone or another version of the time zone database.
func (z *zone) fits(t time.Time) bool {
	abbreviation, offset := t.Zone()
	return abbreviation == z.abbreviation && offset == z.offset
}

// zones keeps the locations that were loaded, by name. There are only as many
// as the time zone database has: a name that does not load is not kept.
var zones sync.Map

func loadZone(name string) (*time.Location, bool) {
	if name == "" || name == "UTC" || name == "Local" {
		return nil, false // LoadLocation gives them a meaning of its own
	}
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), true //nolint:forcetypeassert // nothing else is stored
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	actual, _ := zones.LoadOrStore(name, loc)
	return actual.(*time.Location), true //nolint:forcetypeassert // nothing else is stored
}
