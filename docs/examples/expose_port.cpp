// Gives a local port a public address.
//
//    FERROTUNNEL_TOKEN=ft1_... expose_port tunnel.example.com:7835 127.0.0.1:22
//
// Prints the public address and runs until Enter is pressed.
#include <chrono>
#include <cstdio>
#include <ferrotunnel/client.hpp>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

namespace {

void tell(const ferrotunnel::Event& event) {
    const std::string text = event.text.empty() ? event.error.message() : event.text;
    std::fprintf(stderr, "%s %s\n", std::string(name_of(event.kind)).c_str(), event.error ? text.c_str() : "");
}

int expose(const std::string& server, const std::string& local) {
    auto client = ferrotunnel::Client::builder()
                      .server(server)
                      .token(ferrotunnel::Secret::from_env("FERROTUNNEL_TOKEN"))
                      .on_event(tell)
                      .build();
    auto service = client.add(ferrotunnel::Tcp(0, local));
    client.start();
    if (const std::error_code error = client.wait_ready(15s)) {
        std::fprintf(stderr, "not ready: %s\n", error.message().c_str());
        return 1;
    }
    std::printf("%s\n", service.endpoint().c_str());
    std::fflush(stdout);
    std::cin.get();

    // Visitors that are there may finish. Without stop() they would be cut when the client goes.
    return client.stop(10s) ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s SERVER LOCAL\n", argv[0]);
        return 2;
    }
    try {
        return expose(argv[1], argv[2]);
    } catch (const ferrotunnel::config_error& error) {  // everything that is wrong with the settings, one a line
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
