// Package validation simulates what was recorded on real GPUs and compares.
//
// There are only a few types: a Folder is what was recorded, an Experiment is one
// setting of it, a Run is its simulation beside its record, and a Report is what
// all runs say together.
package validation
