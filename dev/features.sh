#!/bin/sh
# Which features the prober is built with here: prints what cargo has to be told. With KAFKA=on it is built with Kafka's client library, which wants
# a C++ compiler beside the C compiler; that is looked for as its build does.
[ "${KAFKA:-off}" = on ] || exit 0
for compiler in ${CXX:-g++ clang++ c++}; do
    command -v "$compiler" > /dev/null 2>&1 && { echo "--features kafka"; exit 0; }
done
echo "setup: there is no C++ compiler, so rcpt is built without Kafka (apt-get install g++)" >&2
