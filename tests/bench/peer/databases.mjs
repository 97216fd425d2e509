// Connections to both databases, for the peer and for the benchmark around it.
import pg from 'pg';
import { Connection, Request } from 'tedious';

export async function connectPostgres(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

// `settings`: host, port, database, user, password, encrypt (true or false; the certificate is not checked).
export function connectSqlServer(settings) {
  const connection = new Connection({
    server: settings.host,
    authentication: { type: 'default', options: { userName: settings.user, password: settings.password } },
    options: {
      port: settings.port,
      database: settings.database,
      encrypt: settings.encrypt,
      trustServerCertificate: true,
      useUTC: true,
      requestTimeout: 0,
    },
  });
  return new Promise((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve(new SqlServer(connection))));
  });
}

export class SqlServer {
  constructor(connection) {
    this.connection = connection;
    connection.on('error', () => {}); // a request in hand fails by itself
  }

  // One sp_executesql. `parameters`: name → [type, value]. Resolves to the rows, each an array of values.
  execute(statement, parameters = {}) {
    return this.#send('execSql', statement, parameters);
  }

  // One plain batch, as scripts need it.
  batch(statement) {
    return this.#send('execSqlBatch', statement, {});
  }

  close() {
    this.connection.close();
  }

  #send(how, statement, parameters) {
    return new Promise((resolve, reject) => {
      const rows = [];
      const request = new Request(statement, (error) => (error ? reject(error) : resolve(rows)));
      for (const [name, [type, value]] of Object.entries(parameters)) request.addParameter(name, type, value);
      request.on('row', (columns) => rows.push(columns.map((column) => column.value)));
      this.connection[how](request);
    });
  }
}
