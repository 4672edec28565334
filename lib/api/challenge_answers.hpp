// The edge's answers to CAs that check a host: this server's own, and those that another ACME client puts into a
// folder.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/published.hpp"
#include "issuance/challenges.hpp"

namespace ferrotunnel::detail {

/// Thread-safe. A lookup reads a few small files at most, and only for texts in the form of a token or a host.
class ChallengeAnswers {
public:
    ChallengeAnswers() = default;
    ChallengeAnswers(const ChallengeAnswers&) = delete;
    ChallengeAnswers& operator=(const ChallengeAnswers&) = delete;

    /// Those of orders of this server; null: it orders nothing.
    void set_own(std::shared_ptr<const issuance::Challenges> own) { own_ = std::move(own); }
    /// The webroot of another ACME client (`acme_webroot`); empty: none.
    void set_webroot(const std::string& folder);

    /// Those of other members of a cluster; null: the server is alone.
    void set_cluster(std::shared_ptr<const issuance::ClusterShare> cluster) { cluster_ = std::move(cluster); }

    /// For a request below /.well-known/acme-challenge/; empty: not a CA's, as far as is known.
    std::optional<std::string> http(std::string_view token) const;
    /// Key and certificate, PEM, for a handshake of TLS-ALPN-01; empty: not a CA's.
    std::optional<std::string> tls(std::string_view server_name) const;

private:
    Published<std::shared_ptr<const issuance::Challenges>> own_;
    Published<std::shared_ptr<const issuance::ClusterShare>> cluster_;
    Published<std::shared_ptr<const std::string>> webroot_;  // null: none
};

}  // namespace ferrotunnel::detail
