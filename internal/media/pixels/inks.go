package pixels

// Uncalibrated turns inks into red, green and blue as if each ink took away its own colour and nothing else.
func (m *Image) Uncalibrated() {
	if m.Space != CMYK {
		return
	}
	for i := 0; i < len(m.Pix); i += 4 {
		inks := m.Pix[i:][:4]
		light := 255 - int(inks[3])
		for channel := range 3 {
			inks[channel] = byte(((255-int(inks[channel]))*light + 127) / 255)
		}
		inks[3] = 255
	}
	m.Space = RGB
}
