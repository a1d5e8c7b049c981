package workloads

import (
	"fmt"
	"strings"
	"time"
)

// parseDate reads a date and time with up to nine decimals of a second, with or
// without an offset from UTC.
func parseDate(field []byte) (time.Duration, error) {
	text, layout := string(field), time.DateTime
	if len(text) > 19 && strings.ContainsAny(text[19:], "+-Z") {
		layout = time.DateTime + "Z07:00"
	}
	t, err := time.Parse(layout, text)
	if err != nil || t.Year() < 1971 || t.Year() > 2100 {
		return 0, fmt.Errorf("%q (must be a time such as 2023-11-16 18:17:03.98)", field)
	}
	return time.Duration(t.UnixNano()), nil
}
