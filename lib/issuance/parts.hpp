// The parts of the manager that orders share.
#pragma once

#include <memory>

#include "base/log.hpp"
#include "base/random.hpp"
#include "issuance/accounts.hpp"
#include "issuance/ca_holds.hpp"
#include "issuance/challenges.hpp"
#include "issuance/cluster_share.hpp"
#include "issuance/directory_cache.hpp"
#include "issuance/dns_lookup.hpp"
#include "issuance/dns_records.hpp"
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
    DnsRecords& records;
    DirectoryCache& directories;
    Accounts& accounts;
    CaHolds& holds;
    Schedule& schedule;
    Logger& log;
    Random& random;
    const Settings& settings;
    const std::shared_ptr<ClusterShare>& cluster;  // null: the server is alone
};

}  // namespace ferrotunnel::issuance
