// What a client prints while it runs; also its endpoint file and its exit code.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "endpoint_file.hpp"
#include "exit_code.hpp"
#include "ferrotunnel/client.hpp"
#include "output.hpp"

namespace ferrotunnel::cli {

/// What ClientReporter needs to know about the client.
struct ClientFacts {
    struct Offered {
        Service service;
        std::string local;    // the backend of its visitors
        bool listens = true;  // whether a process can listen there: false for UDP
        bool lists = false;   // whether folders without an index are listed
    };

    std::vector<std::string> servers;           // as the user wrote them; empty: the settings have none
    std::string doctor = "ferrotunnel doctor";  // the command that examines a client with these settings
    unsigned connections = Client::Builder::connections_default;
    bool log_has_all = false;                // the log reports lost connections and refusals too
    bool shows_qr = false;                   // a QR code for URLs that a browser can open
    bool reports_connections = false;        // print when all connections are up, because the user set their number
    unsigned attempts = 0;                   // 0: unlimited
    bool retries_refused = false;            // retry after a refusal, because nobody would restart the client
    std::map<std::string, Offered> offered;  // by the service's name
};

class ClientReporter {
public:
    /// All arguments must outlive the story.
    ClientReporter(const ClientFacts& facts, Output& output, EndpointFile& endpoints)
        : facts_(facts), output_(output), endpoints_(endpoints) {}

    /// Prints the event. If a code is returned, the client must end with it.
    std::optional<ExitCode> on_event(const Event& event);

private:
    struct Refusal {
        std::string last_reason;  // the last reason, to print it only once
        bool may_pass = false;
        unsigned times = 0;
    };

    void tell(const std::string& text);
    std::string name_of(const std::string& peer) const;
    std::string other_servers() const;
    void on_joined(const Event& event);
    void on_draining(const Event& event);
    void on_degraded(const Event& event);
    std::optional<ExitCode> on_lost(const Event& event);
    void on_registered(const Event& event);
    void show_qr(const std::string& url);
    std::optional<ExitCode> on_refused(const Event& event);
    std::optional<ExitCode> on_stopped(const Event& event);
    bool has_no_services_left() const;
    bool will_retry(const Refusal& refusal) const;

    const ClientFacts& facts_;
    Output& output_;
    EndpointFile& endpoints_;
    /// The open connections to each server, by their numbers.
    std::map<std::string, std::set<unsigned>> open_;
    std::set<std::string> away_;  // servers reported as not connected
    bool connected_ = false;
    bool ever_connected_ = false;
    bool has_degraded_ = false;
    bool ever_registered_ = false;
    bool has_pointed_out_ = false;              // to the command that examines the connection
    std::map<std::string, std::string> shown_;  // the latest URL of each service
    std::map<std::string, Refusal> refusals_;   // by service
};

}  // namespace ferrotunnel::cli
