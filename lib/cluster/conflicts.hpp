// Conflicts between owners of one root, which exist after a partition, and which the root's home resolves.
#pragma once

#include <optional>

#include "cluster/context.hpp"

namespace ferrotunnel::cluster {

/// The losers are told by Lost. Provisional claims are not: their members ask the home, which decides then.
class Conflicts {
public:
    explicit Conflicts(Context& context) noexcept : context_(context) {}

    /// After a claim of the name was added. `before`: the root's token until then.
    void resolve(const Name& name, const std::optional<wire::TokenId>& before, TimePoint now);

private:
    void end(const ClaimTable::Entry& loser);

    Context& context_;
};

}  // namespace ferrotunnel::cluster
