// What the parts of a register share.
#pragma once

#include <optional>
#include <string>

#include "cluster/claim_table.hpp"
#include "cluster/effects.hpp"
#include "cluster/links.hpp"
#include "cluster/mail.hpp"
#include "cluster/members.hpp"
#include "cluster/since_clock.hpp"

namespace ferrotunnel::cluster {

struct Context {
    const Members& members;
    ClaimTable& table;
    Links& links;
    Mail& mail;
    const SinceClock& clock;
    Effects& effects;  // of the present call
};

/// How a peer has violated the protocol, for the log; none if it has not.
using Violation = std::optional<std::string>;

}  // namespace ferrotunnel::cluster
