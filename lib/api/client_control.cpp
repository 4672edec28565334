// What the control socket of a Client is asked.
#include <algorithm>
#include <utility>
#include <vector>

#include "admin/stats_json.hpp"
#include "admin/stats_metrics.hpp"
#include "api/client_impl.hpp"
#include "api/described_service.hpp"
#include "api/kept_services.hpp"
#include "api/managed_services.hpp"
#include "api/traffic.hpp"
#include "base/mutex.hpp"
#include "base/text.hpp"
#include "ferrotunnel/config.hpp"
#include "login/rights.hpp"
#include "net/host_port.hpp"

namespace ferrotunnel {

using admin::Answer;
using admin::Json;

namespace {

std::string_view name_of(Service::State state) noexcept {
    switch (state) {
        case Service::State::pending:
            return "pending";
        case Service::State::registered:
            return "registered";
        case Service::State::refused:
            return "refused";
        case Service::State::disabled:
            return "disabled";
        case Service::State::closed:
            break;
    }
    return "closed";
}

}  // namespace

class Client::Impl::ControlSubject final : public admin::Subject {
public:
    explicit ControlSubject(Impl& client) : client_(client) {}

    Answer status() override {
        const ClientStats stats = client_.stats();
        Json json = client_.control_.about("client", client_.lifecycle_.stopping());
        if (std::string why_not = why_not_ready(); !why_not.empty()) {
            json["not_ready"] = std::move(why_not);
        }
        json["server"] = client_.settings_.server;
        json["name"] = client_.settings_.name;
        json["connected"] = stats.connected;
        json["connections"] = stats.connections;
        json["connects"] = stats.connects;
        json["losses"] = stats.losses;
        json["rtt_us"] = stats.rtt.count();
        json["trunks"] = trunks();
        json["resume"] = admin::json_of(stats.resume);
        json["traffic"] = admin::json_of(stats.traffic);
        json["datagrams"] = admin::json_of(stats.datagrams);
        json.update(services().body);
        json["visits"] = visits();
        return {200, std::move(json)};
    }

    void metrics(metrics::Exposition& to) override {
        admin::put_about(to, "client", client_.control_.start_time_seconds());
        admin::put(to, client_.stats());
        admin::put_of_client(to, client_.service_stats());
        admin::put(to, client_.worker_stats());
        const auto [all, accepted] = count_services();
        to.family("ferrotunnel_services", metrics::Type::gauge, "Services, by whether the server has accepted them.");
        to.sample(std::uint64_t{accepted}, {{"state", "accepted"}});
        to.sample(std::uint64_t{all - accepted}, {{"state", "other"}});
        client_.control_.put_metrics(to);
    }
    std::string why_not_ready() override {
        if (client_.lifecycle_.stopping()) {
            return "The client ends.";
        }
        if (!client_.stats().connected) {
            return "The client is not connected.";
        }
        if (client_.wants_place()) {
            return "The client waits to take the place of another one, until all of its services are registered and "
                   "healthy.";
        }
        const auto [all, accepted] = count_services();
        return all != 0 && accepted == 0 ? "The server has accepted no service." : "";
    }

    Answer services() override {
        std::vector<Entry> entries;
        {
            const MutexLock lock(client_.mutex_);
            for (const auto& [id, entry] : client_.services_) {
                entries.push_back(entry);
            }
        }
        return {200, admin::list_of("services", entries, [this](const Entry& entry) {
                    Json json = json_of(entry);
                    const metrics::ServiceSums sums = client_.row_of(entry.name, entry.kind)->sums();
                    json["bytes_received"] = sums.received;
                    json["bytes_sent"] = sums.sent;
                    return json;
                })};
    }

    Answer add_service(const Json& description, bool keep) override {
        if (keep && !kept()) {
            return nowhere_to_keep();
        }
        detail::ConfigFile file = detail::read_service(description, keep ? kept()->path() : std::string());
        if (!file.problems.empty() || !file.values.client) {
            return detail::invalid_service(file.problems);
        }
        std::vector<Service> added;
        try {
            add(*file.values.client, keep, added);
        } catch (const config_error& error) {
            close(added);
            return detail::invalid_service(error.problems());
        } catch (const std::system_error& error) {
            close(added);
            return admin::refusal(409, "ended", error.what());
        }
        if (keep) {
            const std::string problem = kept()->add(items_of(description, *file.values.client));
            if (!problem.empty()) {
                close(added);
                return admin::refusal(422, "not_kept", "It was not added, since it cannot be kept: " + problem);
            }
        }
        Json names = Json::array();
        for (const Service& service : added) {
            names.push_back(service.name());
        }
        Json answer{{"name", names.front()}, {"names", names}, {"state", name_of(added.front().state())}};
        if (keep) {
            answer["kept"] = kept()->path();
        }
        return {201, std::move(answer)};
    }

    Answer remove_service(const std::string& name, bool keep) override {
        std::shared_ptr<detail::ServiceState> found;
        std::shared_ptr<detail::ListenerCore> listener;
        std::vector<std::shared_ptr<detail::ServiceState>> twins;
        {
            const MutexLock lock(client_.mutex_);
            const std::vector<std::string> names = client_.twins_of(name);
            for (const auto& [id, entry] : client_.services_) {
                if (entry.name == name) {
                    found = entry.state;
                    listener = entry.listener;
                } else if (std::ranges::find(names, entry.name) != names.end()) {
                    twins.push_back(entry.state);
                }
            }
        }
        if (!found && keep && kept() && kept()->remove(name).empty()) {
            return {200, Json{{"removed", name}}};  // it was taken off before, and would have come back
        }
        if (!found) {
            return admin::refusal(404, "not_found", "There is no service called " + in_quotes(name) + '.');
        }
        if (listener) {
            return admin::refusal(409, "not_here", "The program itself serves " + in_quotes(name) + '.');
        }
        if (keep && !kept()) {
            return nowhere_to_keep();
        }
        if (const std::string problem = keep ? kept()->remove(name) : std::string(); !problem.empty()) {
            return admin::refusal(409, "not_kept", "It was not removed: " + problem + '.');
        }
        for (const auto& twin : twins) {
            twin->close();
        }
        found->close();
        return {200, Json{{"removed", name}}};
    }

    Answer switch_service(const std::string& name, bool enabled, const std::string& by) override {
        bool is_known = false;
        bool is_served_here = false;
        {
            const MutexLock lock(client_.mutex_);
            for (const auto& [id, entry] : client_.services_) {
                is_known = is_known || entry.name == name;
                is_served_here = is_served_here || (entry.name == name && entry.listener);
            }
        }
        if (!is_known) {
            return admin::refusal(404, "not_found", "There is no service called " + in_quotes(name) + '.');
        }
        if (is_served_here) {
            return admin::refusal(409, "not_here", "The program itself serves " + in_quotes(name) + '.');
        }
        return enabled ? enable(name) : disable(name, by);
    }

    /// Whether there is a file to keep services in.
    bool keeps() const { return kept().has_value(); }

    std::shared_ptr<inspect::Inspector> inspector() override { return client_.shared_->inspector; }
    std::string replay(const std::string& service, std::string request, std::uint64_t id, std::uint64_t of) override {
        session::ClientLink::Replay replay{0, std::move(request), id, of};
        {
            const MutexLock lock(client_.mutex_);
            for (const auto& [number, entry] : client_.services_) {
                const bool is_it = entry.name == service && entry.kind == wire::ServiceKind::http;
                replay.service = is_it && !entry.listener && !entry.is_off() ? number : replay.service;
            }
        }
        if (replay.service == 0) {
            return "There is no service " + in_quotes(service) + " with a backend any more, or it is switched off.";
        }
        PermitPtr ticket = replays_.acquire();
        if (!ticket) {
            return "16 requests are being sent again: this one is not.";
        }
        const bool is_posted = client_.worker_.post(
            [&client = client_, replay = std::move(replay), ticket = std::move(ticket)]() mutable noexcept {
                try {
                    client.link_->replay(std::move(replay), std::move(ticket));
                } catch (const std::bad_alloc&) {
                    client.log_.warn("a request was not sent again: there is no memory");
                }
            });
        return is_posted ? "" : "The client is ending.";
    }

    admin::EventRing& events() override { return client_.control_.events(); }
    Answer reload() override { return client_.control_.reload(); }
    Answer try_reload(std::optional<std::chrono::milliseconds> time) override {
        return client_.control_.try_reload(time);
    }
    Answer compare() override { return client_.control_.compare(); }
    Answer configuration() override { return client_.control_.configuration(); }
    Answer drain(std::optional<std::chrono::milliseconds> time) override {
        return client_.lifecycle_.stopping() ? Answer{202, Json{{"draining", true}}} : client_.control_.drain(time);
    }

private:
    struct ServiceCount {
        std::size_t all = 0;
        std::size_t accepted = 0;
    };
    // The connections to the server that were made, or tried.
    Json trunks() const {
        const MutexLock lock(client_.mutex_);
        Json all = Json::array();
        for (const auto& [number, trunk] : client_.trunks_) {
            Json one{{"number", number}, {"open", trunk.is_open}, {"since", admin::seconds_of(trunk.since)}};
            if (!trunk.why.empty()) {
                one["why"] = trunk.why;
            }
            if (trunk.is_open && trunk.waits_since != TimePoint{}) {
                one["waiting_ms"] = detail::waited(trunk.waits_since).count();
            }
            all.push_back(std::move(one));
        }
        return all;
    }
    ServiceCount count_services() const {
        const MutexLock lock(client_.mutex_);
        ServiceCount count;
        for (const auto& [id, entry] : client_.services_) {
            ++count.all;
            count.accepted += entry.state->view().state == Service::State::registered ? 1 : 0;
        }
        return count;
    }
    static Json json_of(const Entry& entry) {
        const detail::ServiceState::View view = entry.state->view();
        Json json{{"name", entry.name},
                  {"kind", login::name_of(entry.kind)},
                  {"local", entry.local},
                  {"state", name_of(view.state)},
                  {"endpoint", view.endpoint}};
        for (std::size_t i = 1; i < entry.claims.size(); ++i) {
            json["more_hosts"].push_back(entry.claims[i].first);
        }
        if (view.state == Service::State::refused) {
            json["why"] = view.error_text;
        }
        using Health = detail::ServiceState::Health;
        if (view.health != Health::unchecked && !entry.is_off()) {
            json["health"] = view.health == Health::healthy     ? "healthy"
                             : view.health == Health::unhealthy ? "unhealthy"
                                                                : "unknown";
        }
        if (view.health == Health::unhealthy) {
            json["unhealthy"] = view.why_unhealthy;
        }
        if (entry.is_off()) {
            json["disabled_by"] = std::visit([](const auto& one) { return one.disabled_by; }, entry.known->description);
        }
        return json;
    }

    Json visits() const {
        Json list = Json::array();
        for (const VisitStats& visit : client_.visits()) {
            Json json{{"name", visit.service}, {"kind", visit.kind == Visit::Kind::udp ? "udp" : "tcp"},
                      {"at", visit.at},        {"since", admin::seconds_of(visit.since)},
                      {"open", visit.open},    {"opened", visit.opened},
                      {"failed", visit.failed}};
            if (!visit.why.empty()) {
                json["failed_at"] = admin::seconds_of(visit.failed_at);
                json["why"] = visit.why;
            }
            list.push_back(std::move(json));
        }
        return list;
    }

    // What is kept is kept first: nothing of what follows fails.
    Answer disable(const std::string& name, const std::string& by) {
        using Switched = detail::KeptServices::Switched;
        detail::KeptServices::Outcome outcome{Switched::of_no_file};
        if (kept()) {
            outcome = kept()->disable(name, by);
        }
        if (outcome.what == Switched::failed) {
            return admin::refusal(422, "not_kept", "It was not switched off: " + outcome.why + '.');
        }
        return switched(name, false, by, outcome.what == Switched::kept);
    }

    Answer enable(const std::string& name) {
        using Switched = detail::KeptServices::Switched;
        detail::KeptServices::Outcome outcome{Switched::not_here};
        if (kept()) {
            outcome = kept()->enable(name);
        }
        if (outcome.what == Switched::failed) {
            return admin::refusal(422, "not_kept", "It was not switched on: " + outcome.why + '.');
        }
        if (outcome.what == Switched::not_here && is_off_in_configuration(name)) {
            return admin::refusal(
                409, "not_kept",
                "The configuration itself says that " + in_quotes(name) + " is off: that is changed there.");
        }
        return switched(name, true, "", outcome.what == Switched::kept);
    }

    Answer switched(const std::string& name, bool enabled, const std::string& by, bool is_kept) {
        try {
            if (!client_.set_enabled(name, enabled, by, !is_kept)) {
                return admin::refusal(404, "not_found", "There is no service called " + in_quotes(name) + '.');
            }
        } catch (const std::system_error& error) {
            return admin::refusal(409, "ended", error.what());
        }
        Json answer{{"name", name}, {"enabled", enabled}};
        if (is_kept) {
            answer["kept"] = kept()->path();
        }
        return {200, std::move(answer)};
    }

    // Whether a service is off, and not since this socket was told so.
    bool is_off_in_configuration(const std::string& name) const {
        const MutexLock lock(client_.mutex_);
        return std::ranges::any_of(client_.services_,
                                   [&](const auto& one) {
                                       return one.second.name == name && one.second.is_off() &&
                                              one.second.known->applies;
                                   }) &&
               !client_.off_.contains(name);
    }

    // All of them, in the order of the configuration. `keep`: a reload finds them in a file, and takes them off where
    // it does not.
    void add(const detail::ClientPart& part, bool keep, std::vector<Service>& added) {
        const auto add_all = [&](const auto& services) {
            for (const auto& service : services) {
                added.push_back(client_.add(service, keep));
            }
        };
        add_all(part.services);
        add_all(part.http_services);
        add_all(part.tls_services);
        add_all(part.udp_services);
    }

    static void close(std::vector<Service>& services) {
        for (Service& service : services) {
            service.close();
        }
    }

    // What is to be kept: the description, once for each port of a range, so that each can be removed by its name.
    static std::vector<Json> items_of(const Json& description, const detail::ClientPart& part) {
        std::vector<Json> items;
        const auto add_ports = [&](const char* key, const auto& services) {
            for (const auto& service : services) {
                Json& item = items.emplace_back(description);
                item["name"] = service.name;
                if (services.size() > 1) {
                    item[key] = std::to_string(service.remote_port);
                    item["local"] = service.local;
                }
            }
        };
        const bool of_both = description.contains("tcp+udp");  // then an item is two services
        add_ports(of_both ? "tcp+udp" : "tcp", part.services);
        if (!of_both) {
            add_ports("udp", part.udp_services);
        }
        for (const Http& http : part.http_services) {
            items.emplace_back(description)["name"] = http.name;
        }
        for (const Tls& tls : part.tls_services) {
            items.emplace_back(description)["name"] = tls.name;
        }
        return items;
    }

    std::optional<detail::KeptServices> kept() const {
        const MutexLock lock(client_.mutex_);
        return client_.kept_beside_.empty() ? std::nullopt : std::optional(detail::KeptServices(client_.kept_beside_));
    }
    static Answer nowhere_to_keep() {
        return admin::refusal(409, "not_kept",
                              "There is nowhere to keep it: this client was started without a configuration file.");
    }

    Impl& client_;
    /// Each request that is sent again holds one more of it, until it is answered.
    const Permits replays_{limits::inspect_replays_max};
};

void Client::Impl::keep_services_beside(std::string file) {
    const MutexLock lock(mutex_);
    kept_beside_ = std::move(file);
}

std::error_code Client::Impl::open_control(std::string& what) {
    return control_.open(settings_, "client", std::make_unique<ControlSubject>(*this), what, settings_.replace);
}

// On the thread of manager_, whose end take_down() waits for.
void Client::Impl::answer_server(std::uint64_t number, const wire::Manage& request) {
    ControlSubject subject(*this);
    wire::Managed answer{request.request, 500, "{}"};
    try {
        const std::shared_ptr<const exits::Destinations> targets = managed_.get();
        answer = targets ? detail::answer_of_managed(request, subject, *targets, subject.keeps(), log_)
                         : detail::not_managed(request);
    } catch (const std::exception& problem) {
        log_.warn("a request of the server about services has failed", {{"why", problem.what()}});
    }
    worker_.post([this, number, answer = std::move(answer)] { link_->answer(number, answer); });
}

}  // namespace ferrotunnel
