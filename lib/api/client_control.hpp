// The control API of a Client, on its control socket and partly for its server.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/subject.hpp"
#include "api/certificates.hpp"
#include "api/client_reload.hpp"
#include "api/client_statistics.hpp"
#include "api/facade_control.hpp"
#include "api/saved_services.hpp"
#include "base/permits.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// Called by one thread at a time.
class ClientControl final : public admin::Subject {
public:
    struct Needs {
        const ClientSettings& settings;
        ClientState& state;
        LinkHost& link;
        const std::shared_ptr<session::ClientShared>& shared;
        ClientOffers& offers;
        ClientReload& reload;
        const ClientVisits& visits;
        const ClientStatistics& statistics;
        FacadeControl& control;
        Logger& log;
        std::function<bool()> is_stopping;
    };

    explicit ClientControl(Needs needs) : needs_(std::move(needs)) {}

    using admin::Subject::answer;
    admin::Answer answer(const admin::StatusRequest& request) override;
    admin::Answer answer(const admin::ConfigDiffRequest& /*request*/) override { return needs_.control.compare(); }
    admin::Answer answer(const admin::ConfigRequest& /*request*/) override { return needs_.control.configuration(); }
    admin::Answer answer(const admin::ReloadRequest& request) override { return needs_.control.reload(request); }
    admin::Answer answer(const admin::DrainRequest& request) override;
    void metrics(metrics::Exposition& to) override;
    std::string why_not_ready() override;
    admin::Answer services() override;
    admin::Answer add_service(const admin::Json& description, bool keep) override;
    admin::Answer remove_service(const std::string& name, bool keep) override;
    admin::Answer switch_service(const std::string& name, bool enabled, const std::string& by) override;
    std::shared_ptr<inspect::Inspector> inspector() override { return needs_.shared->inspector; }
    std::string replay(const std::string& service, std::string request, std::uint64_t id, std::uint64_t of) override;
    admin::EventRing& events() override { return needs_.control.events(); }

    /// Whether there is a file to keep services in.
    bool keeps() const { return kept().has_value(); }

private:
    Certificates certificates() const;

    struct ServiceCount {
        std::size_t all = 0;
        std::size_t accepted = 0;
    };

    bool wants_handover() const;
    ServiceCount count_services() const;
    admin::Json trunks() const;
    admin::Json visits() const;
    void add_all(const ClientPart& part, bool keep, std::vector<Service>& added);
    admin::Answer enable(const std::string& name);
    admin::Answer disable(const std::string& name, const std::string& by);
    admin::Answer switched(const std::string& name, bool enabled, const std::string& by, bool is_kept);
    bool is_off_in_configuration(const std::string& name) const;
    std::optional<SavedServices> kept() const;

    const Needs needs_;
    /// One permit per request that is being sent again, until it is answered.
    const Permits replays_{limits::inspect_replays_max};
};

}  // namespace ferrotunnel::detail
