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
        std::string record_problem{};  // why the record does not serve
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

}  // namespace ferrotunnel::issuance
