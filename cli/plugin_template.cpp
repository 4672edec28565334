// The files that `ferrotunnel plugin new` writes. @NAME@ is the plugin's name, and @CLASS@ its class.
#include <string_view>
#include <utility>

#include "plugin_command.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view header =
    R"text(// The plugin @NAME@: greets visitors of /@NAME@, and sets a field in every response.
#pragma once

#include <ferrotunnel/plugin.hpp>
#include <string>

class @CLASS@ final : public ferrotunnel::plugin::Plugin {
public:
    using Decision = ferrotunnel::plugin::Decision;
    using Exchange = ferrotunnel::plugin::Exchange;

    static constexpr ferrotunnel::plugin::Description description{
        .name = "@NAME@",
        .version = "0.1",
        .summary = "greets",
        .schema = R"({"type": "object", "properties": {
            "greeting": {"type": "string", "minLength": 1, "default": "Hello"}}})"};

    explicit @CLASS@(const ferrotunnel::plugin::Settings& settings)
        : greeting_(settings.text("greeting").value()) {}

    // Called on the server's workers, concurrently: it must not block.
    Decision on_request(Exchange& exchange) override {
        if (exchange.path() == "/@NAME@") {
            return Decision::respond({200, {{"Content-Type", "text/plain"}}, greeting_ + "\n"});
        }
        return Decision::go_on();
    }
    Decision on_response(Exchange& exchange) override {
        exchange.set(ferrotunnel::plugin::Side::response, "X-Greeting", greeting_);
        return Decision::go_on();
    }

private:
    const std::string greeting_;
};
)text";

constexpr std::string_view source = R"(// The entry point of @NAME@.so, which a server calls when it loads the file.
#include "@NAME@.hpp"

extern "C" __attribute__((visibility("default"))) const ft_library* ferrotunnel_plugin_v1(const ft_host* host) {
    return ferrotunnel::plugin::library<@CLASS@>(host);
}
)";

constexpr std::string_view test =
    R"(// Tests the plugin on a server's chain, without a server. Exits with 1 if a check fails.
#include "@NAME@.hpp"

#include <cstdio>
#include <ferrotunnel/plugin_testing.hpp>

using ferrotunnel::plugin::TestChain;
using ferrotunnel::plugin::TestExchange;

static int failures = 0;

static void check(bool holds, const char* what) {
    std::printf("%s: %s\n", holds ? "ok" : "FAILED", what);
    failures += holds ? 0 : 1;
}

int main() {
    TestChain chain = TestChain::of<@CLASS@>("{greeting: Good morning}");

    TestExchange own = chain.request({.target = "/@NAME@"});
    check(own.answered() && own.answer().body == "Good morning\n", "it greets");

    TestExchange other = chain.request({.target = "/"});
    check(other.passed(), "it lets other requests pass");
    other.respond({.status = 200});
    check(other.answer().field("X-Greeting") == "Good morning", "it changes the response");

    check(!TestChain::problems<@CLASS@>("{greting: Hi}").empty(), "a misspelt setting is reported");
    return failures == 0 ? 0 : 1;
}
)";

constexpr std::string_view cmake = R"(cmake_minimum_required(VERSION 3.16)
project(@NAME@ CXX)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
find_package(ferrotunnel REQUIRED)

# The plugin needs only FerroTunnel's headers: the server has the rest.
add_library(@NAME@ MODULE @NAME@.cpp)
set_target_properties(@NAME@ PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden)
target_include_directories(@NAME@ PRIVATE
  $<TARGET_PROPERTY:ferrotunnel::ferrotunnel,INTERFACE_INCLUDE_DIRECTORIES>)

enable_testing()
add_executable(@NAME@_test @NAME@_test.cpp)
target_link_libraries(@NAME@_test PRIVATE ferrotunnel::ferrotunnel)
add_test(NAME @NAME@ COMMAND @NAME@_test)
)";

constexpr std::string_view readme = R"(# @NAME@

A plugin for FerroTunnel. It responds to `/@NAME@` with a greeting, and adds `X-Greeting` to every response.

| setting | default | meaning |
|---|---|---|
| `greeting` | `Hello` | text of the greeting |

Build it:

    g++ -std=c++20 -O2 -shared -fPIC -o @NAME@.so @NAME@.cpp

It needs FerroTunnel's headers: install the package `libferrotunnel-dev`, or add `-I FOLDER`, where FOLDER is `include`
of FerroTunnel's sources. If FerroTunnel is installed as a library, this also runs the test; for one that is not below
/usr or /usr/local, add `-DCMAKE_PREFIX_PATH=FOLDER` to the first command:

    cmake -B build && cmake --build build && ctest --test-dir build

Check it, and name it in the server's configuration:

    ferrotunnel plugin check @NAME@.so

    server:
      plugins:
        load: [@NAME@.so]
        chain:
          - @NAME@: {greeting: Good morning}
)";

std::string class_of(std::string_view name) {
    std::string words;
    bool begins = true;
    for (const char c : name) {
        if (c != '-') {
            words += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
        begins = c == '-';
    }
    return words + "Plugin";
}

std::string filled(std::string_view text, std::string_view name) {
    const std::string class_name = class_of(name);
    std::string whole;
    while (!text.empty()) {
        const std::size_t at = text.find('@');
        whole += text.substr(0, at);
        text.remove_prefix(at == std::string_view::npos ? text.size() : at);
        for (const auto& [mark, value] :
             {std::pair<std::string_view, std::string_view>{"@NAME@", name}, {"@CLASS@", class_name}}) {
            if (text.starts_with(mark)) {
                whole += value;
                text.remove_prefix(mark.size());
            }
        }
    }
    return whole;
}

}  // namespace

std::vector<PluginSource> new_plugin(const std::string& name) {
    return {{name + ".hpp", filled(header, name)},
            {name + ".cpp", filled(source, name)},
            {name + "_test.cpp", filled(test, name)},
            {"CMakeLists.txt", filled(cmake, name)},
            {"README.md", filled(readme, name)}};
}

}  // namespace ferrotunnel::cli
