# What has to be there before anything is built. The fuzz targets need the standard library, RE2, nghttp2, zlib, brotli,
# yaml-cpp, nlohmann/json and OpenSSL alone.
find_path(FERROTUNNEL_RE2_INCLUDE_DIR re2/re2.h REQUIRED)  # Debian's package has no CMake file
# What its archive needs: from 2023 on the libraries of Abseil.
set(FERROTUNNEL_RE2 re2)
if(FERROTUNNEL_STATIC)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(FERROTUNNEL_RE2_ARCHIVES REQUIRED re2)
  set(FERROTUNNEL_RE2 ${FERROTUNNEL_RE2_ARCHIVES_STATIC_LIBRARIES})
endif()
find_path(FERROTUNNEL_NGHTTP2_INCLUDE_DIR nghttp2/nghttp2.h REQUIRED)
mark_as_advanced(FERROTUNNEL_RE2_INCLUDE_DIR FERROTUNNEL_NGHTTP2_INCLUDE_DIR)
find_package(ZLIB REQUIRED)
find_path(FERROTUNNEL_BROTLI_INCLUDE_DIR brotli/decode.h REQUIRED)
find_library(FERROTUNNEL_BROTLI_DECODER brotlidec REQUIRED)
mark_as_advanced(FERROTUNNEL_BROTLI_INCLUDE_DIR FERROTUNNEL_BROTLI_DECODER)
# Its target is called yaml-cpp up to 0.7, yaml-cpp::yaml-cpp from 0.8 on.
find_package(yaml-cpp REQUIRED)
set(FERROTUNNEL_YAML_CPP yaml-cpp)
if(TARGET yaml-cpp::yaml-cpp)
  set(FERROTUNNEL_YAML_CPP yaml-cpp::yaml-cpp)
endif()
if(FERROTUNNEL_STATIC)  # Debian's target is the shared library
  find_library(FERROTUNNEL_YAML_CPP_ARCHIVE yaml-cpp REQUIRED)
  set(FERROTUNNEL_YAML_CPP ${FERROTUNNEL_YAML_CPP_ARCHIVE})
endif()
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
if(FERROTUNNEL_FUZZ)
  return()
endif()

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
set(FERROTUNNEL_FMT fmt::fmt)
if(FERROTUNNEL_STATIC)  # of which Debian has no archive
  set(FERROTUNNEL_FMT fmt::fmt-header-only)
endif()

# For plugins, which are left out where they are missing: hashes of passwords, and compressing.
find_path(FERROTUNNEL_CRYPT_INCLUDE_DIR crypt.h)
find_library(FERROTUNNEL_CRYPT crypt)
find_path(FERROTUNNEL_ARGON2_INCLUDE_DIR argon2.h)
find_library(FERROTUNNEL_ARGON2 argon2)
mark_as_advanced(FERROTUNNEL_CRYPT_INCLUDE_DIR FERROTUNNEL_CRYPT FERROTUNNEL_ARGON2_INCLUDE_DIR FERROTUNNEL_ARGON2)
find_library(FERROTUNNEL_BROTLI brotlienc)
if(FERROTUNNEL_STATIC)  # what the archives of brotli have in common
  find_library(FERROTUNNEL_BROTLI_COMMON brotlicommon REQUIRED)
  list(APPEND FERROTUNNEL_BROTLI ${FERROTUNNEL_BROTLI_COMMON})
  list(APPEND FERROTUNNEL_BROTLI_DECODER ${FERROTUNNEL_BROTLI_COMMON})
endif()
mark_as_advanced(FERROTUNNEL_BROTLI)

# Asio lives in our public types, so the application must use the very same version: it is written down here and
# checked again by the installed package, when it is configured and when it is compiled.
find_path(FERROTUNNEL_ASIO_INCLUDE_DIR asio/version.hpp REQUIRED)
mark_as_advanced(FERROTUNNEL_ASIO_INCLUDE_DIR)
file(STRINGS ${FERROTUNNEL_ASIO_INCLUDE_DIR}/asio/version.hpp asio_version_line REGEX "^#define ASIO_VERSION [0-9]+")
string(REGEX REPLACE "^#define ASIO_VERSION ([0-9]+).*" "\\1" FERROTUNNEL_ASIO_VERSION "${asio_version_line}")
