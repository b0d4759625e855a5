#!/bin/sh
# Which features the prober is built with here: prints what cargo has to be told. Kafka's client library wants a C++ compiler beside the C compiler.
# It is looked for as its build does.
for compiler in ${CXX:-g++ clang++ c++}; do
    command -v "$compiler" > /dev/null 2>&1 && exit 0
done
echo "setup: there is no C++ compiler, so rcpt is built without Kafka (apt-get install g++)" >&2
echo "--no-default-features"
