// The parts of the manager that orders share.
#pragma once

#include "base/log.hpp"
#include "base/random.hpp"
#include "issuance/accounts.hpp"
#include "issuance/ca_holds.hpp"
#include "issuance/challenges.hpp"
#include "issuance/command_runner.hpp"
#include "issuance/directory_cache.hpp"
#include "issuance/dns_lookup.hpp"
#include "issuance/network.hpp"
#include "issuance/schedule.hpp"
#include "issuance/settings.hpp"
#include "issuance/store.hpp"

namespace ferrotunnel::issuance {

/// All on one worker, and all outlive the orders.
struct Parts {
    Network& network;
    const Store& store;
    Challenges& challenges;
    DnsLookup& dns;
    CommandRunner& commands;
    DirectoryCache& directories;
    Accounts& accounts;
    CaHolds& holds;
    Schedule& schedule;
    Logger& log;
    Random& random;
    const Settings& settings;
};

}  // namespace ferrotunnel::issuance
