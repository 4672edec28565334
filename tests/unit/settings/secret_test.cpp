#include "ferrotunnel/secret.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <type_traits>

#include "ferrotunnel/error.hpp"

namespace ferrotunnel {
namespace {

class SecretFile {
public:
    SecretFile(const std::string& text, mode_t mode) {
        std::string pattern = (std::filesystem::temp_directory_path() / "ft-secret-XXXXXX").string();
        const int fd = ::mkstemp(pattern.data());
        REQUIRE(fd >= 0);
        REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        REQUIRE(::fchmod(fd, mode) == 0);
        ::close(fd);
        path_ = pattern;
    }
    ~SecretFile() { std::filesystem::remove(path_); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) {
    out << value;
};

std::string secret_file_problem(const std::string& path) {
    try {
        (void)Secret::from_file(path);
    } catch (const config_error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("a secret can be moved and copied on purpose, and not printed", "[secret]") {
    static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
    static_assert(!Streamable<Secret>);
    Secret secret = Secret::from_string("open sesame");
    CHECK(secret.reveal() == "open sesame");
    Secret other = secret.copy();
    CHECK(other.reveal() == secret.reveal());
    CHECK(other.reveal().data() != secret.reveal().data());
    Secret moved = std::move(secret);
    CHECK(moved.reveal() == "open sesame");
    CHECK(secret.empty());  // NOLINT(bugprone-use-after-move)
    CHECK(secret.reveal().empty());
    other = std::move(moved);
    CHECK(other.reveal() == "open sesame");
    CHECK(Secret().empty());
    CHECK_FALSE(Secret().is_strong());
}

TEST_CASE("generated secrets are strong tokens and differ", "[secret]") {
    const Secret a = Secret::generate();
    const Secret b = Secret::generate();
    CHECK(a.reveal().substr(0, 4) == "ft1_");
    CHECK(a.reveal().size() == 52);
    CHECK(a.is_strong());
    CHECK(a.reveal() != b.reveal());
    CHECK_FALSE(Secret::from_string("password").is_strong());
}

TEST_CASE("a secret comes from the environment", "[secret]") {
    REQUIRE(::setenv("FT_TEST_SECRET", "from outside", 1) == 0);
    CHECK(Secret::from_env("FT_TEST_SECRET").reveal() == "from outside");
    REQUIRE(::setenv("FT_TEST_SECRET", "", 1) == 0);
    CHECK_THROWS_AS(Secret::from_env("FT_TEST_SECRET"), config_error);
    REQUIRE(::unsetenv("FT_TEST_SECRET") == 0);
    CHECK_THROWS_WITH(Secret::from_env("FT_TEST_SECRET"), "token: the environment variable FT_TEST_SECRET is not set");
}

TEST_CASE("a secret comes from a file, without its line end", "[secret]") {
    const SecretFile mine("my token\r\n\n", 0600);
    const Secret secret = Secret::from_file(mine.path());
    CHECK(secret.reveal() == "my token");
    CHECK_FALSE(secret.exposed());

    const SecretFile open("my token", 0644);
    CHECK(Secret::from_file(open.path()).exposed());
    CHECK(Secret::from_file(open.path()).copy().exposed());

    const SecretFile largest(std::string(4096, 'x'), 0600);
    CHECK(Secret::from_file(largest.path()).reveal().size() == 4096);
}

TEST_CASE("what editors put before and around a secret is not a part of it", "[secret]") {
    const std::string token(Secret::generate().reveal());
    const std::string mark = "\xef\xbb\xbf";
    const auto read = [](const std::string& text) {
        const SecretFile file(text, 0600);
        return std::string(Secret::from_file(file.path()).reveal());
    };
    CHECK(read(mark + token + "\r\n") == token);
    CHECK(read(mark + "hunter2\r\n") == "hunter2");
    CHECK(read("  \"" + token + "\"  \n") == token);
    CHECK(read(" hunter2 \n") == " hunter2 ");
    std::string wide = "\xff\xfe";
    for (const char c : token) {
        wide += {c, '\0'};
    }
    const std::string words = " is UTF-16, as PowerShell's `>` writes it; save it as UTF-8";
    for (const std::string& text : {wide, wide.substr(2), std::string("\xfe\xff\0h", 4), std::string("\0h", 2)}) {
        const SecretFile file(text, 0600);
        CHECK(secret_file_problem(file.path()) == "token: the file " + file.path() + words);
    }
    const SecretFile mark_alone(mark, 0600);
    CHECK(secret_file_problem(mark_alone.path()).find("is empty") != std::string::npos);
}

TEST_CASE("a file that holds no secret is refused with a reason that does not tell its content", "[secret]") {
    CHECK(secret_file_problem("/nonexistent/token") ==
          "token: cannot read the file /nonexistent/token: No such file or directory");
    const SecretFile empty("\n", 0600);
    CHECK(secret_file_problem(empty.path()).find("is empty") != std::string::npos);
    const SecretFile long_file("hunter2" + std::string(4096, 'x'), 0600);
    CHECK(secret_file_problem(long_file.path()).find("longer than 4096 bytes") != std::string::npos);
    CHECK(secret_file_problem(long_file.path()).find("hunter2") == std::string::npos);
    CHECK(secret_file_problem("/").find("Is a directory") != std::string::npos);
}

}  // namespace ferrotunnel
