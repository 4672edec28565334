// One attempt to get a certificate for one name.
//
//     lock -> read certificate and order again -> plan
//       -> account -> checks -> directory -> [budget -> save key and schedule] -> order -> store -> issued
//            ^                                                                      |
//            +--------------- another way, or another CA <----- failed -------------+--> nothing left: failed
//     Besides: the lock is held (busy), another process was first (renewed), a budget or a CA has to be waited for
//     (postponed), an order at the staging CA has succeeded (staged).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "issuance/failure_text.hpp"
#include "issuance/name_entry.hpp"
#include "issuance/name_lock.hpp"
#include "issuance/order_check.hpp"
#include "issuance/order_plan.hpp"
#include "issuance/order_run.hpp"
#include "issuance/parts.hpp"
#include "runtime/timer.hpp"

namespace ferrotunnel::issuance {

struct IssuanceOutcome {
    enum class Kind : unsigned char { issued, renewed, busy, staged, postponed, failed };

    Kind kind = Kind::failed;
    Store::Certificate certificate{};  // issued, renewed
    std::string ca{};                  // URL of its directory
    WallTime next{};                   // postponed: until when
    acme::Problem problem{};           // postponed, failed
    bool to_staging = false;           // failed: the next order goes to the staging CA
    bool is_hint = false;              // failed: only an optional wildcard has no TXT record
    std::string member{};              // busy: the member of the cluster that orders; empty: another process here
};

/// Lives on its worker. Destroyed before its end it leaves the saved order to the next process.
class Issuance {
public:
    using Done = std::function<void(IssuanceOutcome)>;

    /// `entry` outlives this. Calls `done` once, in a later round; it may destroy this.
    Issuance(const Parts& parts, NameEntry& entry, Done done);
    ~Issuance();
    Issuance(const Issuance&) = delete;
    Issuance& operator=(const Issuance&) = delete;

    /// How many orders it has placed at CAs.
    unsigned placed() const noexcept { return placed_; }
    /// Whether it has the turn of the cluster: its outcome ends that.
    bool has_turn() const noexcept { return keep_timer_.is_set(); }

private:
    void begin();
    void take_turn();
    void have_turn();
    void continue_alone();
    void end_busy(std::string member);
    bool is_renewed_elsewhere();
    std::optional<SavedOrder> usable_order(WallTime now) const;
    std::vector<std::string> cas() const;
    void make_plan(WallTime now);
    void next();
    void have_account(const Accounts::Answer& account);
    void have_check(const OrderCheck::Result& result);
    void judge_self_check(const SelfCheckResult& result);
    void have_directory(const DirectoryCache::Answer& known);
    void place(const std::string& profile);
    bool may_place(WallTime now);
    void run(SavedOrder saved, std::shared_ptr<const acme::Key> key, const std::string& profile);
    void have_result(const OrderRun::Result& result);
    void store_certificate(const acme::DoneStep& issued, const std::string& way);
    void have_failure(const acme::FailedStep& failed);
    void note(acme::Problem problem);
    void attempt_failed(acme::Problem problem, std::optional<acme::Way> way);
    void remove_ways_here(std::string why);
    void fail();
    void end(IssuanceOutcome outcome);
    /// Runs a step in a round of its own, with nothing of the previous one on the stack.
    void later(std::function<void()> step, Duration delay = Duration::zero());

    const Parts& parts_;
    NameEntry& entry_;
    Done done_;
    NameLock lock_{};
    std::optional<SavedOrder> resume_{};
    std::optional<OrderPlan> plan_{};
    std::shared_ptr<acme::Account> account_{};
    std::unique_ptr<OrderCheck> check_{};
    std::unique_ptr<OrderRun> run_{};
    std::shared_ptr<const acme::Key> key_{};
    SelfFinding found_{};
    std::vector<acme::Problem> problems_{};
    bool is_at_staging_ = false;
    bool is_record_missing_ = false;
    bool is_resumed_ = false;  // the order was placed before
    bool is_self_checked_ = false;
    bool has_failed_validation_ = false;
    unsigned placed_ = 0;
    std::function<void()> step_{};
    runtime::Timer timer_;
    runtime::Timer keep_timer_;              // of the turn
    const std::shared_ptr<Issuance*> self_;  // null when destroyed before a shared part answers
};

/// The staging CA for these settings; empty: none is known.
std::string staging_of(const Settings& settings);

}  // namespace ferrotunnel::issuance
