// What requests to CAs share.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "fetch/client.hpp"
#include "fetch/idle_connections.hpp"
#include "issuance/limits.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker.
struct Network {
    explicit Network(runtime::Worker& on) : worker(on), idle(on) {}

    runtime::Worker& worker;
    fetch::IdleConnections idle;
    fetch::TlsContexts contexts{{"CA", "set `acme.ca_file` (--acme-ca) to the root certificate of this CA",
                                 "use a URL of the CA with one of its names in `acme.directory`",
                                 "give the CA one that has it (`subjectAltName=DNS:NAME`)"}};
    std::string ca_file{};  // as of Settings
    Duration request_time = limits::request_time;
};

}  // namespace ferrotunnel::issuance
