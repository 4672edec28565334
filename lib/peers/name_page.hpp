// Part of the table of all names of the cluster, for the control API.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/register.hpp"

namespace ferrotunnel::peers {

/// A name at a member whose clients have it.
struct NameRow {
    std::string name;       // "app.example.com/api", "2222", "database"
    std::string_view kind;  // "http", "tls", "tcp", "udp", "private"
    std::string member;
    std::string_view readiness;  // "ready", "standby", "unhealthy", "draining"
    bool routes = true;          // false: no visitor is sent there now
};

struct NamePage {
    std::vector<NameRow> rows;
    std::size_t next = 0;  // position of the next page; 0: this is the last one
};

/// The names at `position`, 0 at first; looks at limits::names_looked_at places of the table.
NamePage page_of_names(const cluster::Register& names, const cluster::Members& members, std::size_t position);

}  // namespace ferrotunnel::peers
