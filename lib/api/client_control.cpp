// What the control socket of a Client is asked.
#include <utility>
#include <vector>

#include "admin/stats_json.hpp"
#include "api/client_impl.hpp"
#include "base/text.hpp"
#include "ferrotunnel/config.hpp"
#include "login/rights.hpp"
#include "net/host_port.hpp"
#include "settings/file.hpp"

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
        case Service::State::closed:
            break;
    }
    return "closed";
}

// What stands in a file around a service, to read it as files are read. Without variables: whoever asks does not know
// this program's.
detail::ConfigFile read_service(const Json& description) {
    const Json file{{"client", Json{{"services", Json::array({description})}}}};
    return detail::read_config({admin::text_of(file), "", false, {}});
}

// Problems are about the service, and not about the place in a file that there is not.
Answer invalid(const std::vector<Problem>& problems) {
    static constexpr std::string_view place = "client.services[0]";
    Json list = Json::array();
    std::string all;
    for (const Problem& problem : problems) {
        std::string key = problem.key;
        if (key.starts_with(place)) {
            key.erase(0, place.size() + (key.size() > place.size() ? 1 : 0));
        }
        const std::string text = key.empty() ? problem.text : key + ": " + problem.text;
        all += (all.empty() ? "" : "; ") + text;
        list.push_back(Json{{"key", key}, {"text", problem.text}});
    }
    Answer refused = admin::refusal(422, "invalid", all);
    refused.body["error"]["problems"] = std::move(list);
    return refused;
}

}  // namespace

class Client::Impl::ControlSubject final : public admin::Subject {
public:
    explicit ControlSubject(Impl& client) : client_(client) {}

    Answer status() override {
        const ClientStats stats = client_.stats();
        Json json = client_.control_.about("client", client_.lifecycle_.stopping());
        json["server"] = client_.settings_.server;
        json["name"] = client_.settings_.name;
        json["connected"] = stats.connected;
        json["connections"] = stats.connections;
        json["connects"] = stats.connects;
        json["losses"] = stats.losses;
        json["rtt_us"] = stats.rtt.count();
        json["traffic"] = admin::json_of(stats.traffic);
        json["datagrams"] = admin::json_of(stats.datagrams);
        json.update(services().body);
        return {200, std::move(json)};
    }

    Answer services() override {
        std::vector<Entry> entries;
        {
            std::lock_guard lock(client_.mutex_);
            for (const auto& [id, entry] : client_.services_) {
                entries.push_back(entry);
            }
        }
        return {200, admin::list_of("services", entries, json_of)};
    }

    Answer add_service(const Json& description) override {
        detail::ConfigFile file = read_service(description);
        if (!file.problems.empty() || !file.values.client) {
            return invalid(file.problems);
        }
        const detail::ClientPart& part = *file.values.client;
        if (part.services.size() + part.http_services.size() + part.tls_services.size() + part.udp_services.size() !=
            1) {
            return admin::refusal(422, "invalid", "One service at a time: a range of ports is several.");
        }
        try {
            const Service service = add(part);
            return {201, Json{{"name", service.name()}, {"state", name_of(service.state())}}};
        } catch (const config_error& error) {
            return invalid(error.problems());
        } catch (const std::system_error& error) {
            return admin::refusal(409, "ended", error.what());
        }
    }

    Answer remove_service(const std::string& name) override {
        std::shared_ptr<detail::ServiceState> found;
        std::shared_ptr<detail::ListenerCore> listener;
        {
            std::lock_guard lock(client_.mutex_);
            for (const auto& [id, entry] : client_.services_) {
                if (entry.name == name) {
                    found = entry.state;
                    listener = entry.listener;
                }
            }
        }
        if (!found) {
            return admin::refusal(404, "not_found", "There is no service called " + in_quotes(name) + '.');
        }
        if (listener) {
            return admin::refusal(409, "not_here", "The program itself serves " + in_quotes(name) + '.');
        }
        found->close();
        return {200, Json{{"removed", name}}};
    }

    Answer reload() override { return client_.control_.reload(); }
    Answer drain(std::optional<std::chrono::milliseconds> time) override {
        return client_.lifecycle_.stopping() ? Answer{202, Json{{"draining", true}}} : client_.control_.drain(time);
    }

private:
    static Json json_of(const Entry& entry) {
        const detail::ServiceState::View view = entry.state->view();
        Json json{{"name", entry.name},
                  {"kind", login::name_of(entry.kind)},
                  {"local", entry.local},
                  {"state", name_of(view.state)},
                  {"endpoint", view.endpoint}};
        if (view.state == Service::State::refused) {
            json["why"] = view.error_text;
        }
        return json;
    }

    Service add(const detail::ClientPart& part) {
        for (const Tcp& tcp : part.services) {
            return client_.add(tcp, false);
        }
        for (const Http& http : part.http_services) {
            return client_.add(http, false);
        }
        for (const Tls& tls : part.tls_services) {
            return client_.add(tls, false);
        }
        for (const Udp& udp : part.udp_services) {
            return client_.add(udp, false);
        }
        return {};
    }

    Impl& client_;
};

std::error_code Client::Impl::open_control(std::string& what) {
    return control_.open(settings_.control, "client", std::make_unique<ControlSubject>(*this), what);
}

}  // namespace ferrotunnel
