// The manager's state and its steps, all on its worker.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "issuance/heard_names.hpp"
#include "issuance/issuance.hpp"
#include "issuance/key_change.hpp"
#include "issuance/manager.hpp"
#include "issuance/name_set.hpp"
#include "issuance/record_query.hpp"
#include "issuance/status_board.hpp"
#include "issuance/window_request.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::issuance {

class Manager::Impl {
public:
    using RecordsDone = RecordQuery::Done;
    using KeysDone = KeyChange::Done;

    Impl(Settings settings, Needs needs);
    ~Impl() { stop(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    // Of any thread:
    void join(std::shared_ptr<ClusterShare> cluster);
    void start();
    void stop() noexcept;
    void set(Settings settings);
    void offered(const std::string& host, const std::string& token_name, bool is_assigned);
    Status status() const { return board_.status(); }
    bool renew(const std::string& name);
    void records(bool check, const std::string& host, RecordsDone done);
    void change_keys(KeysDone done);

private:
    struct Running {
        std::unique_ptr<Issuance> issuance{};
        std::unique_ptr<WindowRequest> window{};
    };

    /// Runs a step on the worker, whose failures are logged.
    void post(std::function<void()> step);
    void guarded(const std::function<void()>& step) noexcept;

    void begin();
    void begin_sharing();
    void heard(const std::string& file);
    void have_published(const std::string& file);
    void have_shared(const std::string& file, const std::string& text);
    void refuse_guest(const std::string& file);
    void have_refused_guests();
    void publish(const NameEntry& entry);
    void end_turn(const NameEntry& entry, const IssuanceOutcome& outcome, WallTime now);
    void tidy(WallTime now);
    void apply(Settings settings);
    void pump();
    void retry_failed();
    void start_entry(NameEntry& entry, WallTime now);
    bool is_covered_by_files(const NameEntry& entry) const;
    void order(NameEntry& entry);
    void log_once_about(const NameEntry& entry);
    void request_window(NameEntry& entry, WallTime now);
    void have_outcome(NameEntry& entry, const IssuanceOutcome& outcome);
    void have_window(NameEntry& entry, const WindowRequest::Answer& answer);
    void release(NameEntry& entry, WallTime now);
    void start_key_change();
    void show_accounts();
    void save_soon();
    void save_now();
    std::vector<std::string> all_cas() const;

    Needs needs_;
    Settings settings_;
    const Store store_;
    StatusBoard board_;
    runtime::Worker worker_;
    Network network_;
    DnsLookup dns_;
    CommandRunner commands_;
    DnsRecords records_;
    DirectoryCache directories_;
    Accounts accounts_;
    CaHolds holds_;
    Schedule schedule_;
    std::shared_ptr<ClusterShare> cluster_;  // null: the server is alone
    HeardNames heard_;
    const Parts parts_;
    DueQueue queue_;
    NameSet names_;
    std::map<NameEntry*, Running> running_;
    std::uint64_t last_query_ = 0;
    std::map<std::uint64_t, std::unique_ptr<RecordQuery>> queries_;
    std::vector<KeysDone> waiting_for_keys_;
    std::unique_ptr<KeyChange> key_change_;
    bool has_started_ = false;
    WallTime tidied_{};
    bool is_dirty_ = false;  // schedule.json is older than the state
    bool has_refused_guests_ = false;
    struct {
        bool guest = false;
        bool publicity = false;
        bool missing_wildcard = false;
    } is_logged_;
    runtime::Timer timer_;
    runtime::Timer save_timer_;
};

}  // namespace ferrotunnel::issuance
