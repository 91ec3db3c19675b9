#!/bin/sh
# sh train-adapters.sh DATA NAME...: trains the named adapters of the page on the data sets in the folder DATA, and packs them
# into www/public/adapters. Where each data set comes from is in the README there. `graftwork` has to be in the PATH.
set -eu
data=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)

# train NAME TASK DIR SUFFIX OPTION...
train() {
  name=$1 task=$2 dir=$3 suffix=$4
  shift 4
  graftwork train --task "$task" --backbone sentence-transformers/all-MiniLM-L6-v2 --out "$out/$name" --name "$name" \
    --train "$dir/train.$suffix" --dev "$dir/dev.$suffix" --test "$dir/test.$suffix" --lr 1e-3 --seed 1 "$@"
  node "$here/pack-adapter.mjs" "$out/$name" "$here/../public/adapters/$name.safetensors"
}

for name; do
  case $name in
    spam)
      # "Ham" is what only those call it who make spam filters. Five times over, the messages of today weigh half of what the old ones do.
      mkdir -p "$out/messages"
      today=$here/../../tests/data/messages/train.tsv
      for part in train dev test; do gzip -dc "$data/sms-spam/$part.tsv.gz" | sed 's/^ham\t/not spam\t/' > "$out/messages/$part.tsv"; done
      for _ in 1 2 3 4 5; do tail -n +2 "$today" >> "$out/messages/train.tsv"; done
      train spam text-classification "$out/messages" tsv --reduction-factor 32 --max-length 128 --epochs 3 --dropout 0.1
      graftwork eval --backbone sentence-transformers/all-MiniLM-L6-v2 --adapter "$out/spam" --data "$here/../../tests/data/messages/test.tsv"
      ;;
    sentiment) train sentiment text-classification "$data/sentence-polarity" tsv.gz --reduction-factor 32 --max-length 128 --epochs 3 --dropout 0.1 ;;
    topic) train topic text-classification "$data/sib200-eng_Latn" tsv.gz --reduction-factor 32 --max-length 128 --epochs 12 --dropout 0.1 ;;
    names) train names token-classification "$data/wnut17" jsonl.gz --reduction-factor 32 --max-length 128 --epochs 3 --dropout 0.1 ;;
    emotions)
      train emotions multi-label-classification "$data/goemotions" jsonl.gz --labels "$(paste -sd, "$data/goemotions/labels.txt")" \
        --choose-thresholds per-label --reduction-factor 32 --max-length 64 --epochs 3 --dropout 0.1
      ;;
    questions)
      mkdir -p "$out/xquad"
      for part in train dev test; do gzip -dc "$data/xquad-en/$part.jsonl.gz" > "$out/xquad/$part.jsonl"; done
      node "$here/questions.mjs" "$data/squadshifts/new_wiki_v1.0.json" "$out/xquad" "$out/data"
      train questions question-answering "$out/data" jsonl --reduction-factor 8 --leave-out 0-1 --max-length 256 --batch-size 16 \
        --epochs 3 --threshold 0.5 --keep-mib 6000
      graftwork eval --backbone sentence-transformers/all-MiniLM-L6-v2 --adapter "$out/questions" --data "$out/data/test-without.jsonl"
      ;;
    *) echo "there is no adapter $name" >&2; exit 2 ;;
  esac
done
