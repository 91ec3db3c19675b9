/** What people call columns, without accents. Only where values say nothing do names decide. */
const KNOWN = {
  text: words(`text message sentence content review comment body description utterance query question tweet post feedback document mail
    email headline title subject input
    nachricht satz inhalt rezension kommentar beschreibung frage betreff anfrage
    texte phrase contenu avis commentaire
    texto mensaje frase contenido resena comentario mensagem conteudo
    testo messaggio contenuto recensione commento
    tekst bericht zin wiadomosc komunikat meddelande besked metin mesaj yorum
    текст сообщение отзыв 文本 内容 评论 句子 內容 訊息 テキスト 本文 文章 텍스트 내용 문장`),
  label: words(`label category class intent sentiment topic tag type target emotion kind group department priority
    rating stars     kategorie klasse etikett thema stimmung art typ gruppe abteilung absicht bewertung sterne
    etiquette categorie classe sujet theme
    etiqueta categoria clase tema tipo rotulo sentimiento
    etichetta sentimento
    klas onderwerp soort etykieta kategoria klasa temat kategori klass amne etiket sinif konu duygu
    метка категория класс тема 标签 类别 分类 標籤 類別 分類 ラベル カテゴリ カテゴリー 라벨 레이블 분류`),
};

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/).map(fold));
}

function fold(name: string): string {
  return name.normalize('NFKD').replace(/\p{Mn}/gu, '').replaceAll('ı', 'i').toLowerCase().normalize('NFC');
}

/** Whether a column's name, or a word of it, says what is in it. */
export function isKnown(name: string, what: keyof typeof KNOWN): boolean {
  const parts = fold(name).split(/[^\p{L}]+/u).filter((part) => part !== '');
  return parts.length <= 3 && parts.some((part) => KNOWN[what].has(part));
}
