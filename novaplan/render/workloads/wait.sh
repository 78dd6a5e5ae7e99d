# Waits until every HOST:PORT among the arguments takes a TCP connection, at most the seconds that stand first.
limit=$1
shift
end=$(($(date +%s) + limit))
for target in "$@"; do
  echo "waiting for $target"
  until nc -z -w 2 "${target%:*}" "${target##*:}"; do
    if [ "$(date +%s)" -ge "$end" ]; then
      echo "gave up after ${limit}s: $target takes no connection; is it running, and does a network policy let us reach it?" >&2
      exit 1
    fi
    sleep 1
  done
  echo "$target answers"
done
