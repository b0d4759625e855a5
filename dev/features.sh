#!/bin/sh
# Which features the prober is built with here: prints what cargo has to be told. Kafka's client library wants a C++ compiler beside the C compiler;
# that is looked for as its build does, and where there is none, or with KAFKA=off, rcpt is built without Kafka.
if [ "${KAFKA:-on}" != off ]; then
    for compiler in ${CXX:-g++ clang++ c++}; do
        command -v "$compiler" > /dev/null 2>&1 && exit 0
    done
    echo "setup: there is no C++ compiler, so rcpt is built without Kafka (apt-get install g++)" >&2
fi
echo "--no-default-features"
