// What the user sees of a client's life: lines on the standard output, the endpoint file, and when it ends.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <system_error>

#include "endpoint_file.hpp"
#include "exit_code.hpp"
#include "ferrotunnel/client.hpp"
#include "output.hpp"

namespace ferrotunnel::cli {

/// What the story has to know about the client.
struct ClientFacts {
    struct Offered {
        Service service;
        std::string local;    // where its visitors are connected to
        bool listens = true;  // there is something to listen at, if it is there: not for UDP
        bool lists = false;   // shows what is in a folder without an index
    };

    std::string server;
    unsigned connections = Client::Builder::connections_default;
    bool shows_qr = false;           // of what a browser may open
    bool tells_connections = false;  // tell when all are up: the user set their number
    unsigned attempts = 0;           // 0: any number
    bool keeps_asking = false;       // what was refused may be allowed one day: nobody is there to start it again
    std::map<std::string, Offered> offered;  // by the service's name
};

class ClientStory {
public:
    /// All arguments must outlive the story.
    ClientStory(const ClientFacts& facts, Output& output, EndpointFile& endpoints)
        : facts_(facts), output_(output), endpoints_(endpoints) {}

    /// Tells the user. If a code is returned, the client is to end with it.
    std::optional<ExitCode> on_event(const Event& event);

private:
    struct Refusal {
        std::string told;  // the last reason, so that it is told once
        bool may_pass = false;
        unsigned times = 0;
    };

    void on_degraded(const Event& event);
    std::optional<ExitCode> on_lost(const Event& event);
    void on_registered(const Event& event);
    void show_qr(const std::string& service, const std::string& url);
    std::optional<ExitCode> on_refused(const Event& event);
    std::optional<ExitCode> on_stopped(const Event& event);
    bool nothing_is_left() const;
    bool asks_again(const Refusal& refusal) const;

    const ClientFacts& facts_;
    Output& output_;
    EndpointFile& endpoints_;
    bool connected_ = false;
    bool ever_connected_ = false;
    bool has_degraded_ = false;
    bool ever_registered_ = false;
    std::map<std::string, std::string> shown_;  // QR codes, by service: its address
    std::map<std::string, Refusal> refusals_;   // by service
};

}  // namespace ferrotunnel::cli
