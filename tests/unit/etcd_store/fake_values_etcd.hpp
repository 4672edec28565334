// An etcd in the test's own thread that keeps values: reads, transactions by revisions, and watches. A test can let it
// be silent, lose answers, or change what it has.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "etcd/base64.hpp"
#include "unit/fetch/scripted_server.hpp"

namespace ferrotunnel::etcd_store::test {

class FakeValuesEtcd {
public:
    using Json = nlohmann::json;
    struct Kept {
        std::string value;
        std::int64_t modified = 0;
    };

    fetch::Destination destination() const { return server_.destination(); }
    /// Answers what has arrived. True, for use in conditions.
    bool look() {
        server_.look();
        for (std::size_t i = 0; i < server_.connections(); ++i) {
            answer(i);
        }
        return true;
    }

    /// By somebody else.
    void put(const std::string& key, const std::string& value) {
        keys[key] = {value, ++revision};
        tell(Json{{"kv", pair(key, keys[key], true)}});
    }
    void remove(const std::string& key) {
        keys.erase(key);
        ++revision;
        tell(Json{{"type", "DELETE"}, {"kv", {{"key", encoded(key)}, {"mod_revision", std::to_string(revision)}}}});
    }

    std::map<std::string, Kept> keys{};
    std::int64_t revision = 100;
    std::size_t transactions = 0;
    bool is_silent = false;         // it reads, and does not answer
    std::size_t answers_lost = 0;   // of transactions, which are carried out
    bool are_watches_mute = false;  // changes are not reported
    std::function<void()> before_transaction{};

private:
    static std::string decoded(const Json& from, const char* name) {
        return from.contains(name) ? etcd::decode_base64(from[name].get<std::string>()).value() : std::string();
    }
    static std::string encoded(const std::string& bytes) {
        std::string text;
        etcd::append_base64(text, bytes);
        return text;
    }
    Json head() const { return {{"cluster_id", "7"}, {"member_id", "1"}, {"revision", std::to_string(revision)}}; }
    static std::string response(const Json& body) {
        const std::string text = body.dump();
        return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(text.size()) +
               "\r\n\r\n" + text;
    }
    static std::string line(const Json& result) {
        const std::string text = Json{{"result", result}}.dump() + "\n";
        std::string size;
        for (std::size_t left = text.size(); left != 0; left /= 16) {
            size.insert(size.begin(), "0123456789abcdef"[left % 16]);
        }
        return size + "\r\n" + text + "\r\n";
    }
    static Json pair(const std::string& key, const Kept& kept, bool has_value) {
        Json made{{"key", encoded(key)},
                  {"create_revision", std::to_string(kept.modified)},
                  {"mod_revision", std::to_string(kept.modified)},
                  {"version", "1"}};
        if (has_value) {
            made["value"] = encoded(kept.value);
        }
        return made;
    }
    void tell(const Json& event) {
        for (const std::size_t watch : watches_) {
            if (!are_watches_mute) {
                server_.say(watch, line({{"header", head()}, {"events", Json::array({event})}}));
            }
        }
    }

    void answer(std::size_t connection) {
        const std::string got = server_.got(connection);
        const std::size_t end = got.find("\r\n\r\n");
        if (end == std::string::npos || is_silent) {
            return;
        }
        const std::size_t size = std::stoul(got.substr(got.find("Content-Length: ") + 16));
        if (got.size() < end + 4 + size) {
            return;
        }
        const std::string path = got.substr(5, got.find(' ', 5) - 5);
        const Json body = Json::parse(got.substr(end + 4, size));
        server_.forget(connection);
        if (path == "/v3/watch") {
            watches_.push_back(connection);
            server_.say(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                        line({{"header", head()}, {"created", true}}));
        } else if (path == "/v3/kv/range") {
            server_.say(connection, response(range(body)));
        } else {
            REQUIRE(path == "/v3/kv/txn");
            const std::string text = response(transaction(body));
            if (answers_lost != 0) {
                --answers_lost;
                server_.close(connection);
            } else {
                server_.say(connection, text);
            }
        }
    }
    Json range(const Json& body) const {
        const std::string key = decoded(body, "key");
        const std::string end = decoded(body, "range_end");
        Json found = Json::array();
        for (const auto& [each, kept] : keys) {
            if (end.empty() ? each == key : each >= key && each < end) {
                found.push_back(pair(each, kept, true));
            }
        }
        return {{"header", head()}, {"kvs", found}, {"count", std::to_string(found.size())}};
    }
    Json transaction(const Json& body) {
        ++transactions;
        if (before_transaction) {
            before_transaction();
        }
        bool succeeded = true;
        for (const Json& compare : body["compare"]) {
            REQUIRE(compare["target"] == "MOD");
            const auto found = keys.find(decoded(compare, "key"));
            const std::int64_t modified = found == keys.end() ? 0 : found->second.modified;
            succeeded = succeeded && std::to_string(modified) == compare["mod_revision"];
        }
        Json responses = Json::array();
        for (const Json& operation : body[succeeded ? "success" : "failure"]) {
            if (operation.contains("request_put")) {
                put(decoded(operation["request_put"], "key"), decoded(operation["request_put"], "value"));
                responses.push_back({{"response_put", {{"header", head()}}}});
            } else if (operation.contains("request_delete_range")) {
                remove(decoded(operation["request_delete_range"], "key"));
                responses.push_back({{"response_delete_range", {{"header", head()}, {"deleted", "1"}}}});
            } else {
                responses.push_back({{"response_range", range(operation["request_range"])}});
            }
        }
        Json answer{{"header", head()}, {"responses", responses}};
        if (succeeded) {
            answer["succeeded"] = true;
        }
        return answer;
    }

    fetch::test::ScriptedServer server_;
    std::vector<std::size_t> watches_;
};

}  // namespace ferrotunnel::etcd_store::test
