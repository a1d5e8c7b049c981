package study

// ModelOf returns the known name that the id of a model on Hugging Face stands
// for, "" if there is none, and the precision of its checkpoint, "" if the id does
// not tell.
func ModelOf(id string, known []string) (name, precision string) { return matchModel(id, known) }
