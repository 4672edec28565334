// The engine of a Client: the owner of its link and of the parts between the link and the application. It has the life
// cycle (lifecycle.hpp), creates the parts, and ends them in order.
//
// Threads: the link lives on the first worker, its trunks are spread over all. State for the application's threads is
// in ClientState, under one mutex.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <system_error>

#include "api/client_control.hpp"
#include "api/client_notices.hpp"
#include "api/managed_requests.hpp"
#include "ferrotunnel/client.hpp"
#include "runtime/system_random.hpp"
#include "trunk/memory_governor.hpp"

namespace ferrotunnel {

class Client::Impl final : private detail::Stoppable {
public:
    explicit Impl(detail::ClientSettings&& settings);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    detail::ClientOffers& offers() noexcept { return offers_; }
    detail::ClientVisits& visits() noexcept { return visits_; }
    detail::ClientReload& reload() noexcept { return reload_; }
    const detail::ClientStatistics& statistics() const noexcept { return statistics_; }
    detail::FacadeControl& control() noexcept { return control_; }

    void start(std::error_code& error, std::string& what);
    std::error_code wait_ready(std::chrono::milliseconds timeout);
    std::error_code stop(std::chrono::milliseconds drain);
    /// Counts a reload of the configuration, and reports it.
    void note_reload(bool applied, std::string_view outcome) {
        events_.deliver(control_.note_reload(applied, outcome));
    }
    void keep_services_beside(std::string file);
    bool is_forked() const noexcept { return lifecycle_.is_forked(); }
    bool connected() const;
    std::vector<std::string> known_servers() const;
    asio::any_io_executor executor() const;

private:
    std::unique_ptr<session::ClientLink> make_link();
    detail::ClientControl::Needs subject_needs();
    wire::Managed answer_managed(const wire::Manage& request, const exits::Destinations& targets);

    // Ending.
    void begin_drain() override;
    bool has_drained() override;
    bool has_visitors() const override;
    bool in_callback() const override;
    void cut_off() override;
    void shut_down(bool was_started) override;
    void refuse_services();

    detail::ClientSettings settings_;  // the settings that sessions and threads read do not change
    mutable runtime::SystemRandom random_;
    detail::SinkLogger log_;
    const std::shared_ptr<session::ClientShared> shared_;
    const std::unique_ptr<runtime::WorkerGroup> group_;
    const IntrusivePtr<detail::OwnerLife> life_;
    detail::LinkHost link_;
    std::unique_ptr<trunk::MemoryWatch> memory_;  // on the first worker
    detail::ClientState state_;
    detail::FacadeControl control_{log_};
    detail::EventDelivery events_;
    detail::ClientOffers offers_;
    detail::ClientVisits visits_;
    detail::ManagedRequests managed_;
    detail::ClientReload reload_;
    detail::ClientStatistics statistics_;
    detail::ClientNotices notices_;
    detail::Lifecycle lifecycle_;
};

}  // namespace ferrotunnel
