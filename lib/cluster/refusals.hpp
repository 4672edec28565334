// Refusals of claims, with their texts for the user of the client.
#pragma once

#include <string>

#include "cluster/message.hpp"

namespace ferrotunnel::cluster::refusals {

/// Of a name that somebody else has: final.
Refused taken_by_token(const Name& name);
Refused reserved(const Name& name);
Refused taken_by_client(const Name& name);
Refused other_terms(const Name& name);

/// For now.
Refused home_not_linked(const Name& name, const std::string& home);
Refused lists_differ(const Name& name);
Refused recovering(const Name& name, const std::string& home);
Refused holder_not_linked(const Name& name, const std::string& member);
Refused other_terms_not_linked(const Name& name, const std::string& member);
Refused still_stored(const Name& name, const std::string& member);
Refused store_away(const Name& name, const std::string& why);
Refused no_decision(const Name& name, const std::string& home);
Refused busy(const std::string& home);
Refused too_many_names();
Refused cancelled();

/// Of a claim that was granted.
std::string ended(const Name& name);

}  // namespace ferrotunnel::cluster::refusals
