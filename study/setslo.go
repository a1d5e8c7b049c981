package study

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"metronome/metrics"
)

// setSLO applies settings to the SLO of a recording.
func setSLO(slo *metrics.SLO, settings []string) error {
	d, err := ParseDraft("", "")
	if err != nil {
		return err
	}
	for _, s := range settings {
		if !strings.HasPrefix(s, "slo.") {
			return fmt.Errorf("--set %s: not a key of [slo] (a recording has no others)", s)
		}
		if err := d.Set(s); err != nil {
			return err
		}
	}
	return d.locate(d.decodeSLO(slo))
}

// decodeSLO stores the table [slo], if there is one.
func (d *Draft) decodeSLO(slo *metrics.SLO) error {
	if table, ok := d.root["slo"]; ok {
		if err := decode("slo", table, reflect.ValueOf(slo).Elem()); err != nil {
			return err
		}
	}
	if slo.Reference != nil {
		return errors.New("slo.reference: not for recordings (slo.prefill takes a curve)")
	}
	if err := d.readCurve(slo.Prefill); err != nil {
		return at("slo.prefill", err)
	}
	return slo.Validate()
}
