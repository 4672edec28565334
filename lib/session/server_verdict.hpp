// Interprets the end of a login for the client: whether the server has decided against it, and the text for the user.
#pragma once

#include <string>

#include "trunk/trunk.hpp"

namespace ferrotunnel::session {

/// A peer that has not proved to be the server ends one attempt and not the client: the next attempt may reach the real
/// server. A rejection of a token or version that the server has accepted before is not final either: the server was
/// started with a wrong file, or an older program, and its clients must be there when that is corrected.
class ServerVerdict {
public:
    /// `keeps_retrying`: the client continues after a decision against it, unless another client has replaced it.
    explicit ServerVerdict(bool keeps_retrying) noexcept : keeps_retrying_(keeps_retrying) {}

    /// The server has accepted the client.
    void record_login() noexcept { was_accepted_ = true; }

    /// Whether the server has decided against the client.
    bool is_settled(const trunk::TrunkEnd& end) const noexcept;
    /// Whether the client ends because of that decision. A client that was superseded must not reconnect, whatever the
    /// settings are: two clients would replace each other forever.
    bool is_final(const trunk::TrunkEnd& end) const noexcept;
    /// Why the connection ended, for the user.
    std::string explain(const trunk::TrunkEnd& end) const;

private:
    const bool keeps_retrying_;
    bool was_accepted_ = false;
};

}  // namespace ferrotunnel::session
