// The plugin `auth` on a real chain, and hashes of each kind.
#pragma once

#include <openssl/evp.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "auth/auth.hpp"
#include "unit/plugin/run_rig.hpp"

namespace ferrotunnel::test {

// The cheapest possible hashes; the passwords are bcrypt, yescrypt, sha512 and argon2.
inline const std::string bcrypt = "$2b$04$N8IvvlEesT7KQbYYxu0SaOFtMSmFkGbQaUyE1KzUEIkBo/Zc/SUca";
inline const std::string yescrypt = "$y$j75$abcdefgh$bIsWuetn.OXu81S47VQpWNZvO/qejds3yg7HUK8Zzh/";
inline const std::string sha512 =
    "$6$rounds=1000$saltsalt$aiyw48uVAO8YXp0VJqD3u7hLpDb.rv/F2.5D4XPFGMHUktZfj59QH2cB/"
    ".CpMyuw9aPL7BHOR9U7hgYiV5SD81";
inline const std::string argon2 =
    "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$8DRHF8bJfUFPpqrjczs74W5BHHAWTEjaa3/md53UfNg";

inline std::string basic(const std::string& user_and_password) {
    std::string encoded(user_and_password.size() * 2 + 4, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(user_and_password.data()),
                                     static_cast<int>(user_and_password.size()));
    return "Authorization: Basic " + encoded.substr(0, static_cast<std::size_t>(size)) + "\r\n";
}

struct AuthRig : PluginRig {
    explicit AuthRig(std::string_view settings) { add<plugins::Auth>({"auth", true, false}, settings); }

    /// Waits for the decisions of `count` exchanges.
    void wait_for(int count) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (count > 0) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            count -= deliver();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    /// Sends a request and waits if the plugin does. Returns "200" and what the backend receives, or "401 auth_failed".
    std::string send_request(const std::string& fields) {
        begin("GET /", fields);
        hooks::Step step = ask();
        waited = step == hooks::Step::wait;
        if (waited) {
            wait_for(1);
            step = ask();
        }
        std::string result = "200 " + (step == hooks::Step::go_on ? sent() : std::string());
        if (step == hooks::Step::answer) {
            reply = run->take_reply();
            result = std::to_string(reply.page ? http::info_of(*reply.page).status : reply.status) + " " + reply.code;
        }
        end();
        return result;
    }
    hooks::Reply reply;
    bool waited = false;
};

}  // namespace ferrotunnel::test
