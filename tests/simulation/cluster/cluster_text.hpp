// Messages between members as text, for the log.
#pragma once

#include <string>

#include "cluster/message.hpp"

namespace ferrotunnel::simulation {

inline std::string cluster_text(const ferrotunnel::cluster::Owner& owner) {
    const auto& party = owner.party;
    return "token " + std::to_string(owner.token[0]) +
           (party[0] == 0xff ? ", group" : ", instance " + std::to_string(party[0] * 256 + party[1]));
}

std::string cluster_text(const ferrotunnel::cluster::Message& message);

}  // namespace ferrotunnel::simulation
