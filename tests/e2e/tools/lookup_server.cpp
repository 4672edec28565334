// A server of the library that looks tokens up in a folder, for cluster_revoked.sh.
//
//   lookup_server FILE FOLDER
//
// FILE is its configuration. FOLDER/NAME.token has a user's token; every answer may be cached for an hour. Each line of
// standard input is the id of a token to be revoked, "revoked ID" or "unknown ID" the answer; its end ends the server.
#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>

#include "ferrotunnel/config.hpp"
#include "ferrotunnel/server.hpp"

namespace {

void answer(const std::filesystem::path& folder, const ferrotunnel::ClientLogin& login, ferrotunnel::LoginReply reply) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        auto token = ferrotunnel::Secret::from_file(entry.path().string());
        if (ferrotunnel::token_id(token) == login.token_id) {
            reply.accept(
                {.secret = std::move(token), .name = entry.path().stem().string(), .cache_for = std::chrono::hours(1)});
            return;
        }
    }
    reply.refuse();
}

void run(const std::string& file, const std::filesystem::path& folder) {
    ferrotunnel::Server::Builder builder = ferrotunnel::Config::load(file).server();
    builder.log(ferrotunnel::stderr_log());
    builder.authenticate([folder](const ferrotunnel::ClientLogin& login, ferrotunnel::LoginReply reply) {
        answer(folder, login, std::move(reply));
    });
    ferrotunnel::Server server = builder.build();
    server.start();
    std::cout << "clients connect to " << server.client_endpoint() << '\n' << std::flush;
    for (std::string id; std::cin >> id;) {
        std::cout << (server.revoke(id) ? "revoked " : "unknown ") << id << '\n' << std::flush;
    }
    server.stop();
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 3) {
        std::cerr << "lookup_server FILE FOLDER\n";
        return 2;
    }
    run(argv[1], argv[2]);
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
