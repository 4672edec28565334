// What the members of a cluster share about certificates from CAs: who orders a name, the answers to CAs, and the
// certificates.
//
//   value order/NAME        the member that orders NAME, or that has failed to: a lock, which ends by itself
//   value challenge/WAY/KEY the answer to a CA, which any member's edge gives
//   value cert/NAME         record, key and chain
//
// A lock and not a rule such as "the first member by hash": the clients that offer a name may be at some members only,
// and not every member's settings order it.
//
//   take() --unknown, or ours--> ours --settling--> is_ours() --> order, keep() --> issued: publish, release()
//      '--another member's--> running: try again soon; failed: not before `left`   '--> failed()
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme/challenge.hpp"
#include "acme/issued_chain.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"
#include "directory/cluster_values.hpp"
#include "issuance/saved_records.hpp"

namespace ferrotunnel::issuance {

/// A certificate of another member, which fits together. Wipe the key after use.
struct SharedCertificate {
    SavedCertificate saved{};
    std::string key_pem{};
    acme::IssuedChain chain{};
};

/// Reads a value cert/NAME of that NAME: the record's names are those of the chain, which NAME is the shown one of, the
/// key is the chain's, and it is valid now. The error, for people, has nothing of the key.
Result<SharedCertificate, std::string> read_shared_certificate(std::string_view name, std::string_view text,
                                                               acme::WallTime now);

/// Whether a CA has issued `one` after `other`.
bool is_newer(const acme::IssuedChain& one, const acme::IssuedChain& other) noexcept;

/// Thread-safe. NAME is always that of the certificate's files, of acme::file_name_of().
class ClusterShare : public std::enable_shared_from_this<ClusterShare> {
public:
    /// How long the lock of a member that was lost is kept: then another member orders.
    static constexpr std::chrono::seconds lock_time{60};
    /// How often its holder takes it again.
    static constexpr std::chrono::seconds keep_interval{20};
    /// After this time a change is known to all linked members.
    static constexpr std::chrono::seconds settling{2};
    /// Answers end by themselves, as those in a store.
    static constexpr std::chrono::minutes answer_time{30};
    /// How long a failure of one member keeps the others from ordering, at most.
    static constexpr std::chrono::hours failure_time_max{24};

    /// How long a member that has just started waits for its first link before it orders.
    static constexpr std::chrono::seconds start_time{15};

    explicit ClusterShare(std::shared_ptr<directory::ClusterValues> values)
        : values_(std::move(values)), made_(Clock::now()) {}
    ClusterShare(const ClusterShare&) = delete;
    ClusterShare& operator=(const ClusterShare&) = delete;

    // --- who orders ---

    struct Turn {
        enum class Kind : unsigned char { ours, running, failed };
        Kind kind = Kind::ours;
        std::string member{};   // running, failed: whose turn it is
        std::string problem{};  // failed
        Duration left{};        // failed: until others may order
    };
    /// Whether it may have links in a moment: until then a CA could ask a member that does not have the answer.
    bool is_starting() const;
    /// Takes the lock unless another member has it. Of two that have taken it at once, one has it after `settling`.
    Turn take(const std::string& name);
    /// Whether no other member has it.
    bool is_ours(const std::string& name) const;
    void keep(const std::string& name);
    void release(const std::string& name);
    /// Our order has failed, and is repeated after this time; until then nobody orders, since the CA counts failures.
    void failed(const std::string& name, std::string_view problem, Duration retry_after);
    /// The operator wants an order now, whoever has failed.
    void forget_failure(const std::string& name);

    // --- answers to CAs ---

    /// False: there is no room for it.
    bool publish_answer(acme::Way way, const std::string& key, std::string answer);
    void withdraw_answer(acme::Way way, const std::string& key);
    std::optional<std::string> answer(acme::Way way, std::string_view key) const;

    // --- certificates ---

    /// `key_and_chain`: PEM. False: there is no room for it.
    bool publish(const std::string& name, const SavedCertificate& saved, std::string_view key_and_chain,
                 acme::WallTime not_after, acme::WallTime now);
    /// All, as NAME and value.
    std::vector<std::pair<std::string, std::string>> certificates() const;
    std::optional<std::string> certificate(const std::string& name) const;
    /// Called for each change by any member, on the first worker; empty: nobody wants to know. Waits for a call that
    /// is in progress, so it must not call back.
    using OnCertificate = std::function<void(const std::string& name, const std::string& text)>;
    void on_certificate(OnCertificate called);
    /// From now on calls it. Once, before links exist.
    void watch();

    std::string own_member() const { return values_->own_member(); }

private:
    void changed(const std::string& name, const std::string& text);
    void set_lock(const std::string& name, std::string text, Duration lifetime);

    const std::shared_ptr<directory::ClusterValues> values_;
    const TimePoint made_;
    Mutex calling_;
    OnCertificate on_certificate_ GUARDED_BY(calling_);
};

}  // namespace ferrotunnel::issuance
