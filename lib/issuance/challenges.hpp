// Answers to challenges that run now, for the edge.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "acme/challenge.hpp"
#include "base/mutex.hpp"
#include "base/published.hpp"
#include "issuance/cluster_share.hpp"

namespace ferrotunnel::issuance {

/// Thread-safe. An unknown token, or server name, is looked for in the folder, where other processes with the same
/// store publish theirs; such a lookup reads one small file, and only if the text has the form of a token or a host.
class Challenges {
public:
    /// `folder` need not exist.
    explicit Challenges(std::filesystem::path folder) : folder_(std::move(folder)) {}
    Challenges(const Challenges&) = delete;
    Challenges& operator=(const Challenges&) = delete;

    /// From now on answers are published to the other members of this cluster, too.
    void join(std::shared_ptr<ClusterShare> cluster) { cluster_ = std::move(cluster); }

    /// After this time a published answer is known to all linked members; zero without a cluster.
    Duration settling() const { return cluster_.get() ? Duration(ClusterShare::settling) : Duration::zero(); }

    /// For HTTP-01 and TLS-ALPN-01; the file comes first. Returns what is wrong, or nothing.
    std::string publish(const acme::Challenge& challenge);
    void withdraw(const acme::Challenge& challenge) noexcept;

    /// The body for /.well-known/acme-challenge/TOKEN; empty: this token is unknown.
    std::optional<std::string> http_answer(std::string_view token) const;
    /// Key and certificate, PEM, for a TLS-ALPN-01 handshake with this server name; empty: none.
    std::optional<std::string> alpn_answer(std::string_view server_name) const;

private:
    const std::filesystem::path folder_;
    Published<std::shared_ptr<ClusterShare>> cluster_;  // null: the server is alone
    mutable Mutex mutex_;
    std::map<std::string, std::string, std::less<>> tokens_ GUARDED_BY(mutex_);
    std::map<std::string, std::string, std::less<>> server_names_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::issuance
