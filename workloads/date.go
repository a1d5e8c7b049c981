package workloads

import (
	"fmt"
	"time"
)

// parseDate reads a time such as "2023-11-16 18:17:03.9799600", with up to nine
// decimals of a second, and with or without an offset from UTC such as "+00:00".
// It is stricter than time.Parse, and faster, as BenchmarkDate shows.
func parseDate(field []byte) (time.Duration, error) {
	d := dateParser{rest: field}
	year, month, day := d.number(4, '-'), d.number(2, '-'), d.number(2, ' ')
	hour, minute, second := d.number(2, ':'), d.number(2, ':'), d.number(2, 0)
	at := time.Date(year, time.Month(month), day, hour, minute, second, d.decimals(), time.UTC)
	offset := d.offset()
	sound := at.Day() == day && int(at.Month()) == month && at.Hour() == hour && at.Minute() == minute && at.Second() == second
	if d.failed || len(d.rest) > 0 || !sound || year < 1971 || year > 2100 {
		return 0, fmt.Errorf("%q (must be a time such as 2023-11-16 18:17:03.98)", field)
	}
	return time.Duration(at.UnixNano()) - offset, nil
}

// A dateParser takes pieces off the front of a text.
type dateParser struct {
	rest   []byte
	failed bool
}

// number takes digits, and the separator that follows unless it is 0.
func (d *dateParser) number(digits int, separator byte) int {
	length := digits
	if separator != 0 {
		length++
	}
	if len(d.rest) < length || separator != 0 && d.rest[digits] != separator {
		d.failed = true
		return 0
	}
	n := 0
	for _, c := range d.rest[:digits] {
		if c < '0' || c > '9' {
			d.failed = true
		}
		n = 10*n + int(c-'0')
	}
	d.rest = d.rest[length:]
	return n
}

// decimals takes the decimals of a second, if there are any, in nanoseconds.
func (d *dateParser) decimals() int {
	if !d.takes('.') {
		return 0
	}
	digits := 0
	for digits < len(d.rest) && d.rest[digits] >= '0' && d.rest[digits] <= '9' {
		digits++
	}
	if digits == 0 || digits > 9 {
		d.failed = true
		return 0
	}
	n := d.number(digits, 0)
	for range 9 - digits {
		n *= 10
	}
	return n
}

// offset takes the offset from UTC, if there is one.
func (d *dateParser) offset() time.Duration {
	if len(d.rest) == 0 || d.takes('Z') {
		return 0
	}
	sign := time.Duration(1)
	if d.takes('-') {
		sign = -1
	} else if !d.takes('+') {
		d.failed = true
	}
	hours, minutes := d.number(2, ':'), d.number(2, 0)
	d.failed = d.failed || hours > 23 || minutes > 59
	return sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
}

func (d *dateParser) takes(c byte) bool {
	if len(d.rest) == 0 || d.rest[0] != c {
		return false
	}
	d.rest = d.rest[1:]
	return true
}
