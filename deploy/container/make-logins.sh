#!/bin/sh
# Runs once, when the database's volume is empty: the login Ashlar uses. It is no superuser, as on
# a managed PostgreSQL; CREATEROLE lets `ashlar migrate` make ashlar_owner, ashlar_app, ashlar_system.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$ASHLAR_DATABASE_PASSWORD" -U "$POSTGRES_USER" -d postgres <<'SQL'
CREATE ROLE ashlar LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE ashlar OWNER ashlar;
SQL
