// What is checked before an order: that the name leads here, and that the TXT record is there.
//
//     self check (if a way needs it, once) -> TXT record (if a way needs it, for each CA's account) -> reported
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "acme/account.hpp"
#include "acme/challenge.hpp"
#include "issuance/name_entry.hpp"
#include "issuance/parts.hpp"
#include "issuance/self_check.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker.
class OrderCheck {
public:
    struct Work {
        acme::Identifiers names{};
        std::vector<acme::Way> ways{};
        bool is_of_stranger = true;
        bool needs_self_check = true;
        std::shared_ptr<const acme::Account> account{};
    };
    struct Result {
        /// Of the self check, if there was one.
        SelfCheckResult self{};
        bool has_self = false;
        bool has_record = false;
        std::string record_problem{};    // why the record does not serve
        bool is_record_missing = false;  // there is no value at all
    };
    using Done = std::function<void(const Result&)>;

    /// Calls `done` once, perhaps at once; it must not destroy this.
    OrderCheck(const Parts& parts, Work work, Done done);
    ~OrderCheck();
    OrderCheck(const OrderCheck&) = delete;
    OrderCheck& operator=(const OrderCheck&) = delete;

    void start();

private:
    bool has_way(acme::Way way) const noexcept;
    void check_record();
    void have_record(const DnsAnswer& answer);

    const Parts& parts_;
    const Work work_;
    Done done_;
    Result result_{};
    std::unique_ptr<SelfCheck> self_check_{};
    const std::shared_ptr<OrderCheck*> self_;  // null when destroyed before DNS answers
};

/// Whether one of these TXT records lets this account have certificates, whichever name it has for the CA.
bool has_persist_record(const std::vector<std::string>& records, const std::string& account_url, bool with_wildcard,
                        WallTime now);

/// The host whose TXT record proves these names.
std::string record_host(const acme::Identifiers& names);
/// As many values of a TXT record as are shown, printable.
std::vector<std::string> shown_values(const std::vector<std::string>& values);

/// What follows when the self check has found that a name leads elsewhere.
enum class ElsewhereStep : unsigned char {
    order,  // where it was about to be ordered
    stage,  // at the staging CA, which shows whether the self check is right
    fail,   // without a way by which a CA connects
};

/// `has_staging`: a staging CA is known. The operator's names are ordered, and those that the staging CA has certified.
ElsewhereStep after_elsewhere(const NameEntry& entry, bool is_at_staging, bool has_staging) noexcept;

}  // namespace ferrotunnel::issuance
