package softphone

import (
	"strconv"
	"strings"

	"sluice/internal/engine"
)

// sentence is what an app shows to its user when something is refused. Which one is
// decided by the fault table; the words are those of the company's language.
type sentence uint8

const (
	sayIncomplete sentence = iota
	sayContradiction
	sayNoMedia
	sayEmptyMedia
	sayCredentials
	sayCredit
	sayNotEnabled
	sayRecipient
	sayMethod
	sayTooLarge
	sayType
	sayLater
	sayBusy
	sayNothingHere
	sayGone
	sayBadReference
	sayBadPreview
	sayEmptyMessage
	sayTooLong
	sayTooOften
	sayTooMuch
	sayConflict
	sayInternal
	sentences = iota
)

// languages lists the languages that the sentences exist in; the first is the default.
func languages() []string { return []string{"en", "de", "cs", "fr", "es"} }

// words is the table of all sentences, in the order of languages. LIMIT stands for a
// limit and VALUE for what exceeds it; both stand in brackets, which are left out when
// the figures are not known.
func words(s sentence) [5]string {
	return [sentences][5]string{
		sayIncomplete:    {"Upload is incomplete", "Die Übertragung ist unvollständig", "Přenos není úplný", "L'envoi est incomplet", "El envío está incompleto"},
		sayContradiction: {"Contradictory user names or passwords", "Widersprüchliche Anmeldedaten", "Rozporné přihlašovací údaje", "Identifiants contradictoires", "Credenciales contradictorias"},
		sayNoMedia:       {"No media in request", "Die Anfrage enthält keine Datei", "Požadavek neobsahuje soubor", "La demande ne contient pas de fichier", "La solicitud no contiene ningún archivo"},
		sayEmptyMedia:    {"Empty media", "Die Datei ist leer", "Soubor je prázdný", "Le fichier est vide", "El archivo está vacío"},
		sayCredentials:   {"Wrong user name or password", "Falscher Benutzername oder falsches Passwort", "Nesprávné jméno nebo heslo", "Nom d'utilisateur ou mot de passe incorrect", "Usuario o contraseña incorrectos"},
		sayCredit:        {"Not enough credit", "Guthaben oder Speicherplatz reicht nicht aus", "Nedostatečný kredit", "Crédit insuffisant", "Saldo insuficiente"},
		sayNotEnabled:    {"Media messages are not enabled", "Mediennachrichten sind nicht freigeschaltet", "Multimediální zprávy nejsou povoleny", "Les messages multimédias ne sont pas activés", "Los mensajes multimedia no están habilitados"},
		sayRecipient:     {"Invalid recipient", "Ungültiger Empfänger", "Neplatný příjemce", "Destinataire non valide", "Destinatario no válido"},
		sayMethod:        {"This method is not available here", "Diese Methode ist hier nicht verfügbar", "Tato metoda zde není dostupná", "Cette méthode n'est pas disponible ici", "Este método no está disponible aquí"},
		sayTooLarge:      {"File is too large (limit LIMIT)", "Die Datei ist zu groß (höchstens LIMIT)", "Soubor je příliš velký (nejvýše LIMIT)", "Le fichier est trop volumineux (limite LIMIT)", "El archivo es demasiado grande (límite LIMIT)"},
		sayType:          {"This kind of file is not supported", "Diese Art von Datei wird nicht unterstützt", "Tento druh souboru není podporován", "Ce type de fichier n'est pas pris en charge", "Este tipo de archivo no es compatible"},
		sayLater:         {"Try again later", "Bitte später erneut versuchen", "Zkuste to později", "Réessayez plus tard", "Inténtelo más tarde"},
		sayBusy:          {"Service is busy", "Der Dienst ist ausgelastet", "Služba je vytížená", "Le service est occupé", "El servicio está ocupado"},
		sayNothingHere:   {"There is nothing at this address", "Unter dieser Adresse gibt es nichts", "Na této adrese nic není", "Il n'y a rien à cette adresse", "No hay nada en esta dirección"},
		sayGone:          {"This file has expired", "Die Datei ist abgelaufen", "Platnost souboru vypršela", "Ce fichier a expiré", "Este archivo ha caducado"},
		sayBadReference:  {"This file cannot be sent from here", "Diese Datei kann von hier nicht gesendet werden", "Tento soubor odsud nelze poslat", "Ce fichier ne peut pas être envoyé d'ici", "Este archivo no se puede enviar desde aquí"},
		sayBadPreview:    {"The preview image is not usable", "Das Vorschaubild ist nicht verwendbar", "Náhled obrázku nelze použít", "L'aperçu n'est pas utilisable", "La vista previa no se puede usar"},
		sayEmptyMessage:  {"The message is empty", "Die Nachricht ist leer", "Zpráva je prázdná", "Le message est vide", "El mensaje está vacío"},
		sayTooLong:       {"The message is too long", "Die Nachricht ist zu lang", "Zpráva je příliš dlouhá", "Le message est trop long", "El mensaje es demasiado largo"},
		sayTooOften: {"Too many messages within a minute (VALUE, limit LIMIT)", "Zu viele Nachrichten in einer Minute (VALUE, höchstens LIMIT)",
			"Příliš mnoho zpráv za minutu (VALUE, nejvýše LIMIT)", "Trop de messages en une minute (VALUE, limite LIMIT)", "Demasiados mensajes en un minuto (VALUE, límite LIMIT)"},
		sayTooMuch: {"Too many messages today (VALUE, limit LIMIT)", "Zu viele Nachrichten heute (VALUE, höchstens LIMIT)",
			"Příliš mnoho zpráv za dnešek (VALUE, nejvýše LIMIT)", "Trop de messages aujourd'hui (VALUE, limite LIMIT)", "Demasiados mensajes hoy (VALUE, límite LIMIT)"},
		sayConflict: {"This was sent before", "Das wurde schon gesendet", "Toto již bylo odesláno", "Ceci a déjà été envoyé", "Esto ya se envió"},
		sayInternal: {"Something went wrong", "Es ist ein Fehler aufgetreten", "Něco se nepodařilo", "Une erreur s'est produite", "Algo salió mal"},
	}[s]
}

// in returns the sentence in a language such as "cs" or "de-AT", in English when there
// are no words for it. limit, in bytes, is named where the sentence tells one and
// nothing else.
func (s sentence) in(language string, limit int64) string {
	text := s.text(language)
	if from := strings.IndexByte(text, '('); from > 0 && (limit <= 0 || strings.Contains(text, "VALUE")) {
		text = strings.TrimSpace(text[:from])
	}
	return strings.Replace(text, "LIMIT", sizeText(limit), 1)
}

// exceeded returns the sentence with a limit and what exceeds it.
func (s sentence) exceeded(language string, over *engine.ExceededError) string {
	figure := sizeText
	if s == sayTooOften {
		figure = func(n int64) string { return strconv.FormatInt(n, 10) }
	}
	return strings.NewReplacer("LIMIT", figure(over.Limit), "VALUE", figure(over.Value)).Replace(s.text(language))
}

// text returns the sentence in a language with its placeholders.
func (s sentence) text(language string) string {
	list := words(s)
	text := list[0]
	language, _, _ = strings.Cut(strings.ToLower(strings.ReplaceAll(language, "_", "-")), "-")
	for i, l := range languages() {
		if l == language {
			text = list[i]
		}
	}
	return text
}

// sizeText writes a size as people do: in whole units where that is exact, else with
// one decimal. Sizes that are round in powers of two are meant that way.
func sizeText(n int64) string {
	base := int64(1000)
	if n%1000 != 0 {
		base = 1024
	}
	units := []string{"B", "KB", "MB", "GB", "TB"}
	i, unit := 0, int64(1)
	for i+1 < len(units) && n >= unit*base {
		unit *= base
		i++
	}
	if n%unit == 0 {
		return strconv.FormatInt(n/unit, 10) + " " + units[i]
	}
	return strconv.FormatFloat(float64(n)/float64(unit), 'f', 1, 64) + " " + units[i]
}
